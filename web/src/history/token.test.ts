import { expect, test } from "vitest";
import type { Visit } from "./model";
import { tokenOf } from "./token";

const token = `AQB8${"aZ09+/".repeat(20)}==`;
const visit = (parameters: unknown, more: Partial<Visit> = {}, resource = "sqs:sendMessage.waitForTaskToken") =>
  ({ status: "running", attempts: [{ scheduledAt: 0, status: "running", resource, parameters: JSON.stringify(parameters) }], ...more }) as unknown as Visit;

test("the token is found where the definition put it, however deep", () => {
  expect(tokenOf(visit({ QueueUrl: "http://127.0.0.1/0/q", MessageBody: { ask: { TaskToken: token } } }))).toBe(token);
  expect(tokenOf(visit({ MessageBody: JSON.stringify({ t: token }) }))).toBe(token);
  expect(tokenOf(visit({ Message: `Answer with ${token} please` }))).toBe(token);
  // A digest beside it is no token, however long.
  expect(tokenOf(visit({ digest: "0".repeat(300), myToken: token }))).toBe(token);
});

test("there is none where nothing waits, or where the parameters do not show it", () => {
  expect(tokenOf(visit({ MessageBody: "no token in here" }))).toBeUndefined();
  expect(tokenOf(visit({ token }, { status: "succeeded" }))).toBeUndefined();
  expect(tokenOf(visit({ token }, {}, "sqs:sendMessage"))).toBeUndefined();
  expect(tokenOf(undefined)).toBeUndefined();
});
