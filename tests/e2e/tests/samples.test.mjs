// Every sample project is deployed by its template and run to its end, under roles that are held to what they allow.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand, DescribeStackEventsCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeRuleCommand, DisableRuleCommand, EventBridgeClient, ListRuleNamesByTargetCommand } from "@aws-sdk/client-eventbridge";
import { DescribeExecutionCommand, DescribeMapRunCommand, GetExecutionHistoryCommand, ListMapRunsCommand, SFNClient, SendTaskSuccessCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Server, until } from "../lib/server.mjs";

const folder = new URL("../../../samples/", import.meta.url);
const catalogue = JSON.parse(readFileSync(new URL("catalogue.json", folder), "utf8"));
const root = { accessKeyId: "AKIAROOTROOTROOTROOT", secretAccessKey: "the root's secret of this test" };

let server, cfn, sfn, sqs;
before(async () => {
  server = await Server.start({ auth: "enforce", flags: ["--runtime", "none"], environment: { GANTRY_ROOT_ACCESS_KEY: root.accessKeyId, GANTRY_ROOT_SECRET_KEY: root.secretAccessKey } });
  cfn = new CloudFormationClient(server.client(root));
  sfn = new SFNClient(server.client(root));
  sqs = new SQSClient(server.client(root));
});
after(() => server?.stop());

async function deployed(id) {
  const sample = catalogue.find((s) => s.id === id);
  const template = readFileSync(new URL(`${id}/template.json`, folder), "utf8");
  await cfn.send(new CreateStackCommand({ StackName: sample.stackName, TemplateBody: template, Capabilities: ["CAPABILITY_IAM"] }));
  const stack = await until(async () => (await cfn.send(new DescribeStacksCommand({ StackName: sample.stackName }))).Stacks[0], (s) => !s.StackStatus.endsWith("_IN_PROGRESS"));
  assert.equal(stack.StackStatus, "CREATE_COMPLETE", JSON.stringify((await cfn.send(new DescribeStackEventsCommand({ StackName: sample.stackName }))).StackEvents.slice(0, 6).map((e) => [e.LogicalResourceId, e.ResourceStatusReason])));
  const outputs = Object.fromEntries(stack.Outputs.map((o) => [o.OutputKey, o.OutputValue]));
  assert.deepEqual(JSON.parse(outputs.ExecutionInput), sample.input, "the gallery and the template start it with the same");
  return { ...sample, machine: outputs.StateMachineArn, stack: stack.StackId };
}
const start = async (sample, input = sample.input) => (await sfn.send(new StartExecutionCommand({ stateMachineArn: sample.machine, input: JSON.stringify(input) }))).executionArn;
const ended = async (executionArn) => {
  const e = await until(() => sfn.send(new DescribeExecutionCommand({ executionArn })), (x) => x.status !== "RUNNING");
  return { ...e, output: e.output && JSON.parse(e.output) };
};
const entered = async (executionArn) => (await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events.filter((e) => e.stateEnteredEventDetails).map((e) => e.stateEnteredEventDetails.name);
async function removed(sample) {
  await cfn.send(new DeleteStackCommand({ StackName: sample.stack }));
  const gone = await until(async () => (await cfn.send(new DescribeStacksCommand({ StackName: sample.stack }))).Stacks[0], (s) => !s.StackStatus.endsWith("_IN_PROGRESS"));
  assert.equal(gone.StackStatus, "DELETE_COMPLETE");
}

const walks = {
  async "ask-and-wait"(sample) {
    const run = await start(sample);
    const { QueueUrls } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: sample.stackName }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: QueueUrls[0], WaitTimeSeconds: 20 }));
    const asked = JSON.parse(Messages[0].Body);
    assert.deepEqual([asked.question, asked.execution], [sample.input.question, run]);
    await sfn.send(new SendTaskSuccessCommand({ taskToken: asked.token, output: '{"approved":true}' }));
    const end = await ended(run);
    assert.deepEqual([end.status, end.output.answer], ["SUCCEEDED", { approved: true }]);
    assert.deepEqual(await entered(run), ["Ask", "What was answered", "Tell the approval"]);
  },
  async "poll-until-done"(sample) {
    const run = await start(sample, { seconds: 1 });
    const end = await ended(run);
    assert.deepEqual([end.status, end.output.seen], ["SUCCEEDED", { status: "SUCCEEDED" }]);
    assert.deepEqual((await entered(run)).slice(0, 4), ["Start the job", "Wait a second", "Look at the job", "Is it done"]);
  },
  async "price-and-sort"(sample) {
    const end = await ended(await start(sample));
    assert.equal(end.status, "SUCCEEDED", end.cause);
    assert.deepEqual(end.output, { orders: 3, total: 732.8, atTheDesk: ["A-2"], largest: "A-2" });
  },
  async "fan-out"(sample) {
    const end = await ended(await start(sample));
    assert.equal(end.status, "SUCCEEDED", end.cause);
    assert.deepEqual(end.output, { arrived: ["everything", "urgent"] });
    assert.deepEqual((await ended(await start(sample, { message: "tea", urgency: "low" }))).output, { arrived: "everything" });
  },
  async "undo-what-was-done"(sample) {
    const run = await start(sample);
    const end = await ended(run);
    assert.equal(end.status, "SUCCEEDED", end.cause);
    assert.match(end.output.problem.Cause, /knows no city called Atlantis/);
    assert.deepEqual(await entered(run), ["Reserve", "Charge", "Ship", "Refund", "Release", "Tell that it was undone", "Undone"]);
    const { events } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: run }));
    assert.equal(events.filter((e) => e.type === "TaskFailed").length, 3, "tried three times");
    const good = await ended(await start(sample, { order: "A-18", city: "Pisa" }));
    assert.deepEqual([good.status, good.output.shipment], ["SUCCEEDED", { tracking: "A-18-to-Pisa" }]);
  },
  async "watch-on-a-schedule"(sample) {
    const events = new EventBridgeClient(server.client(root));
    const { RuleNames } = await events.send(new ListRuleNamesByTargetCommand({ TargetArn: sample.machine }));
    assert.equal(RuleNames.length, 1);
    // A stack's rule is whose the stack is.
    await events.send(new DisableRuleCommand({ Name: RuleNames[0] }));
    const rule = await events.send(new DescribeRuleCommand({ Name: RuleNames[0] }));
    assert.deepEqual([rule.State, rule.ManagedBy, rule.ScheduleExpression], ["DISABLED", undefined, "rate(5 minutes)"]);
    assert.deepEqual((await ended(await start(sample))).output, { waiting: 0, alarm: false });
    assert.deepEqual((await ended(await start(sample, { limit: -1 }))).output, { waiting: 0, alarm: true });
    assert.equal((await new CloudWatchClient(server.client(root)).send(new ListMetricsCommand({ Namespace: "WatchQueue" }))).Metrics[0].MetricName, "Waiting");
  },
  async "check-sensors"(sample) {
    const run = await start(sample);
    const end = await ended(run);
    assert.deepEqual([end.status, end.output], ["SUCCEEDED", { fine: 90, of: 100 }], end.cause);
    const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn: run }));
    const { executionCounts } = await sfn.send(new DescribeMapRunCommand({ mapRunArn: mapRuns[0].mapRunArn }));
    assert.deepEqual([executionCounts.succeeded, executionCounts.failed], [90, 10]);
  },
};

for (const { id, name } of catalogue.filter((s) => s.id !== "manage-a-container-task")) {
  test(`"${name}" is deployed, runs to its end, and leaves nothing when its stack is deleted`, async () => {
    const sample = await deployed(id);
    assert.ok(walks[id], "a sample has a walk here");
    await walks[id](sample);
    await removed(sample);
  });
}
