// Into a state's data, over lists of executions, and what starts a state machine.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Server, until } from "../e2e/lib/server.mjs";
import { Browser } from "./browser.mjs";

const roleArn = "arn:aws:iam::000000000000:role/any";
let server, browser, page, sfn, sqs;
before(async () => {
  server = await Server.start({ flags: ["--runtime", "none"] });
  sfn = new SFNClient({ ...server.client(), maxAttempts: 5 });
  sqs = new SQSClient(server.client());
  browser = await Browser.open(server.url);
  page = browser.page;
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const create = async (name, definition) => (await sfn.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) }))).stateMachineArn;
const start = async (stateMachineArn, input = "{}", name = undefined) => (await sfn.send(new StartExecutionCommand({ stateMachineArn, input, name }))).executionArn;
const ended = (executionArn) => until(() => sfn.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING");
const details = () => page.getByTestId("step-details");
const node = (name) => page.locator(".react-flow__node").filter({ hasText: name });
const accessible = (name) => browser.accessible(name);

test("each stage of a state's data is shown, and nothing is called for it", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "told-once" }));
  const arn = await create("stages", {
    StartAt: "Name",
    States: {
      Name: { Type: "Pass", Parameters: { "run.$": "$$.Execution.Name", "order.$": "$.order" }, ResultPath: "$.named", Next: "Send" },
      Send: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", InputPath: "$.named", Parameters: { QueueUrl, "MessageBody.$": "$.order" }, ResultSelector: { "id.$": "$.MessageId" }, ResultPath: "$.sent", OutputPath: "$.named", Next: "Each" },
      Each: {
        Type: "Map", ItemsPath: "$.order.items", ItemSelector: { "n.$": "$$.Map.Item.Index", "of.$": "$.run" }, ResultSelector: { "all.$": "$" }, ResultPath: "$.done", Next: "Ask",
        ItemProcessor: { StartAt: "One", States: { One: { Type: "Pass", End: true } } },
      },
      Ask: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl: `${QueueUrl}-missing`, MessageBody: "x" }, Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Done" }], Next: "Done" },
      Done: { Type: "Succeed" },
    },
  });
  const run = await start(arn, '{"order":{"items":["a","b"]}}', "one-run");
  assert.equal((await ended(run)).status, "SUCCEEDED");
  const open = async (state) => {
    await node(state).first().click();
    await details().getByRole("tab", { name: "Advanced view" }).click();
    await details().getByRole("heading", { name: state }).waitFor();
  };
  const stage = (label) => details().getByRole("region", { name: label, exact: true });
  await browser.go(`#/v2/executions/details/${run}?state=Send`);
  await details().getByRole("tab", { name: "Advanced view" }).click();
  await stage("After ResultSelector").getByText(/"id"/).waitFor();
  await stage("After InputPath").getByText("one-run").waitFor();
  await stage("Task result").getByText(/MD5OfMessageBody/).waitFor();
  await stage("After ResultPath").getByText(/"sent"/).waitFor();
  await details().getByText('InputPath: "$.named"').waitFor();
  assert.equal(await details().getByText("Computed anew").count(), 0);
  await accessible("80-stages");
  // The context object is the execution's own, in a state that calls nothing too.
  await open("Name");
  await stage("After Parameters").getByText("one-run").waitFor();
  await stage("After ResultPath").getByText(/"named"/).waitFor();
  await open("Each");
  await stage("After ItemSelector, item by item").getByText(/"n"/).first().waitFor();
  await stage("Result: what the iterations came to").waitFor();
  await stage("After ResultSelector").getByText(/"all"/).waitFor();
  await open("Ask");
  await stage("Error").getByText(/NonExistent|DoesNotExist/).first().waitFor();
  await details().getByText(/^Catch:/).waitFor();
  await accessible("81-stages-caught");
  for (const state of ["Send", "Name", "Each", "Ask"]) {
    await open(state);
    await details().getByText("Computing what lies between").waitFor({ state: "hidden" });
    assert.equal(await details().getByText(/Computed anew|could not be computed/).count(), 0, state);
  }
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }));
  assert.equal(Attributes.ApproximateNumberOfMessages, "1", "the message was sent once, by the execution");
});

test("every page that was walked through keeps WCAG 2.2 AA", () => assert.deepEqual(browser.inaccessible, []));
test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
