import { expect, test } from "vitest";
import { fromLog } from "./fromLog";

const machine = "arn:aws:states:us-east-1:000000000000:stateMachine:quick";
const line = (type: string, at: number, name: string, details: object = {}, of = "quick") => JSON.stringify({ type, details, event_timestamp: String(at), execution_arn: `arn:aws:states:us-east-1:000000000000:express:${of}:${name}:1` });

test("an Express execution is what its lines say, and lines of others are passed over", () => {
  const found = fromLog([line("ExecutionStarted", 1, "a"), line("ExecutionStarted", 2, "b"), "not JSON", "null", line("ExecutionFailed", 5, "b", { error: "Broken" }), line("ExecutionStarted", 3, "c", {}, "other"), line("ExecutionSucceeded", 9, "d")], machine);
  expect(found.map((e) => [e.id, e.status, e.startedAt, e.endedAt, e.error])).toEqual([["a", "RUNNING", 1, undefined, undefined], ["b", "FAILED", 2, 5, "Broken"], ["d", "SUCCEEDED", undefined, 9, undefined]]);
});
