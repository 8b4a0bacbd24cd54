// The acceptance variants of the sample project, each against the real program and real containers.
import { test } from "node:test";
import assert from "node:assert/strict";
import { ECSClient, DescribeTasksCommand, ListTasksCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { DeleteTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { SFNClient, StopExecutionCommand, DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import { Server, until } from "../lib/server.mjs";
import { changed, deploy, finished, history, importImage, listen, start, template } from "../lib/sample.mjs";

const successHistory = ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded",
  "TaskStateExited", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"];
const failureHistory = successHistory.with(5, "TaskFailed");
const previous = [0, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const succeeded = "AWS Fargate Task started by Step Functions succeeded";
const failed = "AWS Fargate Task started by Step Functions failed";

async function withSample(t, body, { image = true, ...options } = {}) {
  const server = await Server.start(options);
  t.after(() => server.stop());
  if (image) importImage(server);
  const sample = await deploy(server, body);
  assert.equal(sample.stack.StackStatus, "CREATE_COMPLETE", JSON.stringify(sample.events.slice(0, 8), null, 1));
  return { server, sample, heard: await listen(server, sample.topicArn) };
}

function checkHistory(events, types) {
  assert.deepEqual(events.map((e) => e.type), types);
  assert.deepEqual(events.map((e) => e.previousEventId), previous);
  assert.deepEqual(events.map((e) => e.id), types.map((_, i) => i + 1));
}

// The task that a state's TaskSubmitted names, once it runs.
async function runningTask(server, executionArn) {
  const events = await until(() => history(server, executionArn), (e) => e.some((x) => x.type === "TaskSubmitted"));
  const task = JSON.parse(events.find((e) => e.type === "TaskSubmitted").taskSubmittedEventDetails.output).Tasks[0];
  const ecs = new ECSClient(server.client());
  const described = () => ecs.send(new DescribeTasksCommand({ cluster: task.ClusterArn, tasks: [task.TaskArn] })).then((r) => r.tasks[0]);
  await until(described, (x) => x.lastStatus === "RUNNING");
  return { task, ecs, described };
}

test("(a) a container that exits 0 is told as a success", async (t) => {
  const { server, sample, heard } = await withSample(t, template());
  const execution = await start(server, sample.machineArn);
  const ended = await finished(server, execution);
  assert.equal(ended.status, "SUCCEEDED");
  const events = await history(server, execution);
  checkHistory(events, successHistory);
  const parameters = JSON.parse(events[2].taskScheduledEventDetails.parameters);
  assert.equal(parameters.StartedBy, "AWS Step Functions");
  const task = JSON.parse(events[5].taskSucceededEventDetails.output);
  assert.equal(task.Version, 5);
  assert.equal(task.LastStatus, "STOPPED");
  assert.equal(task.StopCode, "EssentialContainerExited");
  assert.equal(task.Containers[0].ExitCode, 0);
  for (const time of ["CreatedAt", "ConnectivityAt", "PullStartedAt", "PullStoppedAt", "StartedAt", "StoppingAt", "ExecutionStoppedAt", "StoppedAt"]) {
    assert.ok(Number.isInteger(task[time]), `${time} is a number of milliseconds`);
  }
  const message = await heard();
  assert.equal(message.Message, succeeded);
  assert.equal(message.TopicArn, sample.topicArn);
});

test("(b) a container that exits 3 is caught and told as a failure; the execution succeeds", async (t) => {
  const { server, sample, heard } = await withSample(t, changed(template(), { command: "echo working; exit 3" }));
  const execution = await start(server, sample.machineArn);
  const ended = await finished(server, execution);
  assert.equal(ended.status, "SUCCEEDED");
  const events = await history(server, execution);
  checkHistory(events, failureHistory);
  assert.equal(events[5].taskFailedEventDetails.error, "States.TaskFailed");
  const task = JSON.parse(events[5].taskFailedEventDetails.cause);
  assert.equal(task.Containers[0].ExitCode, 3);
  assert.deepEqual(Object.keys(JSON.parse(events[6].stateExitedEventDetails.output)), ["Error", "Cause"]);
  assert.equal((await heard()).Message, failed);
});

test("(c) an image that is not there fails the task to start", async (t) => {
  const { server, sample, heard } = await withSample(t, template(), { image: false });
  const execution = await start(server, sample.machineArn);
  await finished(server, execution);
  const events = await history(server, execution);
  checkHistory(events, failureHistory);
  const task = JSON.parse(events[5].taskFailedEventDetails.cause);
  assert.equal(task.StopCode, "TaskFailedToStart");
  assert.match(task.StoppedReason, /^CannotPullContainerError: /);
  assert.equal(task.Version, 4);
  assert.ok(!("ExitCode" in task.Containers[0]));
  assert.equal((await heard()).Message, failed);
});

test("(e) StopExecution stops the task", async (t) => {
  const { server, sample } = await withSample(t, changed(template(), { command: "exec sleep 600" }));
  const execution = await start(server, sample.machineArn);
  const { described } = await runningTask(server, execution);
  const sfn = new SFNClient(server.client());
  await sfn.send(new StopExecutionCommand({ executionArn: execution, error: "Enough", cause: "no longer wanted" }));
  const ended = await sfn.send(new DescribeExecutionCommand({ executionArn: execution }));
  assert.equal(ended.status, "ABORTED");
  assert.equal(ended.error, "Enough");
  const task = await until(described, (x) => x.lastStatus === "STOPPED", { seconds: 60 });
  assert.equal(task.stopCode, "UserInitiated");
  assert.match(task.stoppedReason, /Step Functions/);
});

test("(f) the machine's TimeoutSeconds ends the execution and stops the task", async (t) => {
  const body = changed(template(), { command: "exec sleep 600", definition: (text) => text.replace(/("TimeoutSeconds":\s*)3600/, "$12") });
  const { server, sample } = await withSample(t, body);
  const execution = await start(server, sample.machineArn);
  const { described } = await runningTask(server, execution);
  const ended = await finished(server, execution);
  assert.equal(ended.status, "TIMED_OUT");
  const events = await history(server, execution);
  assert.equal(events.at(-1).type, "ExecutionTimedOut");
  const task = await until(described, (x) => x.lastStatus === "STOPPED", { seconds: 60 });
  assert.equal(task.stopCode, "UserInitiated");
});

test("(g) a task that a user stops takes the failure path", async (t) => {
  const { server, sample, heard } = await withSample(t, changed(template(), { command: "exec sleep 600" }));
  const execution = await start(server, sample.machineArn);
  const { task, ecs } = await runningTask(server, execution);
  await ecs.send(new StopTaskCommand({ cluster: task.ClusterArn, task: task.TaskArn }));
  const ended = await finished(server, execution);
  assert.equal(ended.status, "SUCCEEDED");
  const cause = JSON.parse((await history(server, execution))[5].taskFailedEventDetails.cause);
  assert.equal(cause.StopCode, "UserInitiated");
  assert.equal(cause.StoppedReason, "Task stopped by user");
  assert.equal((await heard()).Message, failed);
});

test("(h) names of any script work everywhere", async (t) => {
  const body = template();
  body.Resources.ECSTaskNotificationStateMachine.Properties.StateMachineName = "生é🚀";
  const { server, sample, heard } = await withSample(t, body);
  assert.match(sample.machineArn, /:stateMachine:生é🚀$/);
  const execution = await start(server, sample.machineArn, { name: "実行-é-🚀" });
  assert.match(execution, /:execution:生é🚀:実行-é-🚀$/);
  assert.equal((await finished(server, execution)).status, "SUCCEEDED");
  assert.equal((await heard()).Message, succeeded);
});

test("(i) a topic deleted before it is told fails the execution", async (t) => {
  const { server, sample } = await withSample(t, template());
  await new SNSClient(server.client()).send(new DeleteTopicCommand({ TopicArn: sample.topicArn }));
  const execution = await start(server, sample.machineArn);
  const ended = await finished(server, execution);
  assert.equal(ended.status, "FAILED");
  assert.equal(ended.error, "SNS.NotFoundException");
  assert.match(ended.cause, /^Topic does not exist \(Service: AmazonSNS; Status Code: 404; Error Code: NotFound; Request ID: [-0-9a-f]+; Proxy: null\)$/);
});

test("(j) kill -9 while the container runs: the execution ends with one container run", async (t) => {
  const { server, sample, heard } = await withSample(t, changed(template(), { command: "echo begun; sleep 4; echo ended" }));
  const execution = await start(server, sample.machineArn);
  const { task, ecs } = await runningTask(server, execution);
  const before = await history(server, execution);
  await server.crashAndRestart();
  const ended = await finished(server, execution);
  assert.equal(ended.status, "SUCCEEDED");
  const events = await history(server, execution);
  checkHistory(events, successHistory);
  assert.deepEqual(events.slice(0, before.length), before);
  const stopped = await ecs.send(new ListTasksCommand({ cluster: task.ClusterArn, desiredStatus: "STOPPED" }));
  const running = await ecs.send(new ListTasksCommand({ cluster: task.ClusterArn }));
  assert.deepEqual([...stopped.taskArns, ...running.taskArns], [task.TaskArn]);
  assert.equal((await heard()).Message, succeeded);
});

test("(k) 100 executions at once", async (t) => {
  const { server, sample } = await withSample(t, template());
  const executions = await Promise.all(Array.from({ length: 100 }, (_, i) => start(server, sample.machineArn, { name: `run-${i}` })));
  const ended = await Promise.all(executions.map((e) => finished(server, e, { seconds: 180 })));
  assert.deepEqual([...new Set(ended.map((e) => e.status))], ["SUCCEEDED"]);
  checkHistory(await history(server, executions[99]), successHistory);
});
