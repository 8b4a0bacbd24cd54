// What most walks begin with: a server that runs no containers, a client of Step Functions, a browser on the console; and what they
// do with state machines.
import { after, before } from "node:test";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { Server, until } from "../e2e/lib/server.mjs";
import { Browser } from "./browser.mjs";

export const roleArn = "arn:aws:iam::000000000000:role/any";

// `begun` gets { server, sfn, browser, page } before the first test; all of it ends behind the last.
export function walk(begun) {
  const it = {};
  before(async () => {
    it.server = await Server.start({ flags: ["--runtime", "none"] });
    it.sfn = new SFNClient({ ...it.server.client(), maxAttempts: 5 });
    it.browser = await Browser.open(it.server.url);
    it.page = it.browser.page;
    await begun(it);
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.stop();
  });
  const create = async (name, definition) => (await it.sfn.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }))).stateMachineArn;
  const start = async (stateMachineArn, input = "{}", name = undefined) => (await it.sfn.send(new StartExecutionCommand({ stateMachineArn, input, name }))).executionArn;
  const ended = (executionArn) => until(() => it.sfn.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING");
  const details = (on = it.page) => on.getByTestId("step-details");
  const node = (name, on = it.page) => on.locator(".react-flow__node").filter({ hasText: name });
  const accessible = (name) => it.browser.accessible(name);
  return { create, start, ended, details, node, accessible };
}
