// The sample's guide, step by step, with nothing but Debian's aws command: deploy the stack, start executions by
// name and without, follow them, read each step's input and output, hear the topic, delete everything.
import { test } from "node:test";
import assert from "node:assert/strict";
import { writeFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, until } from "../lib/server.mjs";
import { changed, importImage, template } from "../lib/sample.mjs";

test("the sample from an empty server to the delivered message, with the aws command alone", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  importImage(server);
  const aws = (...args) => server.aws(...args);
  const stackFile = join(tmpdir(), `gantry-stack-${process.pid}.json`);
  t.after(() => rmSync(stackFile, { force: true }));
  const stack = "FargateTaskNotification";
  const settled = () => until(async () => aws("cloudformation", "describe-stacks", "--stack-name", stack).Stacks[0], (s) => !s.StackStatus.endsWith("_IN_PROGRESS"));

  writeFileSync(stackFile, JSON.stringify(template()));
  aws("cloudformation", "create-stack", "--stack-name", stack, "--template-body", `file://${stackFile}`, "--capabilities", "CAPABILITY_IAM");
  const created = await settled();
  assert.equal(created.StackStatus, "CREATE_COMPLETE");
  const machine = created.Outputs.find((o) => o.OutputKey === "StateMachineArn").OutputValue;
  assert.deepEqual(aws("stepfunctions", "list-state-machines").stateMachines.map((m) => m.stateMachineArn), [machine]);
  assert.equal(aws("cloudformation", "describe-stack-resources", "--stack-name", stack).StackResources.length, 15);

  const topic = aws("cloudformation", "describe-stack-resource", "--stack-name", stack, "--logical-resource-id", "SNSTopic").StackResourceDetail.PhysicalResourceId;
  const queue = aws("sqs", "create-queue", "--queue-name", "heard").QueueUrl;
  const queueArn = aws("sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", "QueueArn").Attributes.QueueArn;
  aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", queueArn);
  const heard = () => {
    const [message] = aws("sqs", "receive-message", "--queue-url", queue, "--wait-time-seconds", "20").Messages;
    aws("sqs", "delete-message", "--queue-url", queue, "--receipt-handle", message.ReceiptHandle);
    return JSON.parse(message.Body).Message;
  };
  const ended = (arn) => until(async () => aws("stepfunctions", "describe-execution", "--execution-arn", arn), (e) => e.status !== "RUNNING");

  const named = aws("stepfunctions", "start-execution", "--state-machine-arn", machine, "--name", "first-run", "--input", '{"Comment": "Insert your JSON here"}');
  assert.match(named.executionArn, /:first-run$/);
  assert.equal((await ended(named.executionArn)).status, "SUCCEEDED");
  const { events } = aws("stepfunctions", "get-execution-history", "--execution-arn", named.executionArn);
  assert.equal(events.length, 13);
  const entered = events.filter((e) => e.type === "TaskStateEntered").map((e) => e.stateEnteredEventDetails);
  assert.deepEqual(entered.map((e) => e.name), ["Run Fargate Task", "Notify Success"]);
  assert.equal(entered[0].input, '{"Comment": "Insert your JSON here"}');
  assert.equal(JSON.parse(entered[1].input).LastStatus, "STOPPED");
  assert.equal(heard(), "AWS Fargate Task started by Step Functions succeeded");

  writeFileSync(stackFile, JSON.stringify(changed(template(), { command: "exit 3" })));
  aws("cloudformation", "update-stack", "--stack-name", stack, "--template-body", `file://${stackFile}`, "--capabilities", "CAPABILITY_IAM");
  assert.equal((await settled()).StackStatus, "UPDATE_COMPLETE");
  const unnamed = aws("stepfunctions", "start-execution", "--state-machine-arn", machine);
  assert.match(unnamed.executionArn, /:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal((await ended(unnamed.executionArn)).status, "SUCCEEDED");
  assert.equal(heard(), "AWS Fargate Task started by Step Functions failed");
  const listed = aws("stepfunctions", "list-executions", "--state-machine-arn", machine).executions;
  assert.deepEqual(listed.map((e) => e.executionArn), [unnamed.executionArn, named.executionArn]);

  aws("cloudformation", "delete-stack", "--stack-name", created.StackId);
  assert.equal((await until(async () => aws("cloudformation", "describe-stacks", "--stack-name", created.StackId).Stacks[0], (s) => !s.StackStatus.endsWith("_IN_PROGRESS"))).StackStatus, "DELETE_COMPLETE");
  assert.deepEqual(aws("stepfunctions", "list-state-machines").stateMachines, []);
  assert.deepEqual(aws("sns", "list-topics").Topics, []);
});
