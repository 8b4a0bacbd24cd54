// RedriveExecution: what failed goes on from where it stood.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { DescribeMapRunCommand, ListExecutionsCommand, ListMapRunsCommand, RedriveExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { World, pass, refused, states, unique } from "../lib/states.mjs";
import { Server } from "../lib/server.mjs";

let world, sqs;
before(async () => {
  world = await World.start();
  sqs = world.client(SQSClient);
});
after(() => world.server.stop());

// Fails until the queue is there.
const queueTask = (QueueName, more = { End: true }) => ({ Type: "Task", Resource: "arn:aws:states:::aws-sdk:sqs:getQueueUrl", Parameters: QueueName, ResultPath: null, ...more });
const named = (name, more) => queueTask({ QueueName: name }, more);
const makeQueue = (name) => sqs.send(new CreateQueueCommand({ QueueName: name }));
const redrive = (executionArn, clientToken) => world.send(new RedriveExecutionCommand({ executionArn, clientToken }));
const types = (events) => events.map((e) => e.type);

test("a task that failed is scheduled again, with its input, and what was before it is not", async () => {
  const queue = unique("q");
  const arn = await world.start(await world.machine(states({ A: pass({ End: undefined, Result: 1, ResultPath: "$.a", Next: "T" }), T: named(queue, { Next: "Z" }), Z: pass() })), { x: 1 });
  const failed = await world.finished(arn);
  assert.equal(failed.status, "FAILED");
  assert.equal(failed.redriveStatus, "REDRIVABLE");
  assert.equal(failed.redriveCount, 0);
  const before = await world.history(arn);
  await makeQueue(queue);
  const { redriveDate } = await redrive(arn);
  const done = await world.finished(arn);
  assert.equal(done.status, "SUCCEEDED");
  assert.deepEqual(JSON.parse(done.output), { x: 1, a: 1 });
  assert.equal(done.redriveCount, 1);
  assert.deepEqual(done.redriveDate, redriveDate);
  assert.deepEqual(done.startDate, failed.startDate);
  assert.equal(done.redriveStatus, "NOT_REDRIVABLE");
  assert.equal(done.redriveStatusReason, "Execution is SUCCEEDED and cannot be redriven");
  assert.equal(done.error, undefined);
  const events = await world.history(arn);
  assert.deepEqual(events.slice(0, before.length), before, "the history goes on");
  assert.deepEqual(types(events.slice(before.length)), ["ExecutionRedriven", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]);
  assert.deepEqual(events.map((e) => e.id), events.map((_, i) => i + 1));
  assert.equal(events[before.length].executionRedrivenEventDetails.redriveCount, 1);
});

test("of a Parallel only the branches that had not succeeded run again", async () => {
  const queue = unique("q");
  const parallel = { Type: "Parallel", End: true, Branches: [states({ Good: pass({ Result: "good" }) }), states({ Bad: named(queue, { Next: "After" }), After: pass({ Result: "now" }) }), states({ Waits: { Type: "Wait", Seconds: 1, Next: "Waited" }, Waited: pass({ Result: "waited" }) })] };
  const arn = await world.start(await world.machine(states({ P: parallel })));
  assert.equal((await world.finished(arn)).status, "FAILED");
  const before = (await world.history(arn)).length;
  await makeQueue(queue);
  await redrive(arn);
  const done = await world.finished(arn);
  assert.deepEqual(JSON.parse(done.output ?? "null"), ["good", "now", "waited"], done.cause);
  const events = (await world.history(arn)).slice(before);
  assert.ok(!events.some((e) => e.stateEnteredEventDetails?.name === "Good"));
  assert.equal(events.filter((e) => e.type === "TaskScheduled").length, 1);
});

test("of an inline Map only the iterations that had not succeeded run again", async () => {
  const queue = unique("q");
  const map = { Type: "Map", End: true, MaxConcurrency: 1, ItemProcessor: states({ Choose: { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: 2, Next: "T" }], Default: "Fine" }, T: named(queue), Fine: pass() }) };
  const arn = await world.start(await world.machine(states({ M: map })), [1, 2, 3, 4]);
  assert.equal((await world.finished(arn)).status, "FAILED");
  const before = (await world.history(arn)).length;
  await makeQueue(queue);
  await redrive(arn);
  const done = await world.finished(arn);
  assert.deepEqual(JSON.parse(done.output ?? "null"), [1, 2, 3, 4], done.cause);
  const events = (await world.history(arn)).slice(before);
  assert.deepEqual(events.filter((e) => e.type === "MapIterationStarted").map((e) => e.mapIterationStartedEventDetails.index), [2, 3]);
});

test("retries count anew, and a caught failure is not remembered", async () => {
  const queue = unique("q");
  const retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 1 }];
  const inner = { Type: "Parallel", Branches: [states({ T: named(unique("never")) })], Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: null, Next: "Later" }], Next: "Later" };
  const arn = await world.start(await world.machine(states({ P: inner, Later: named(queue, { Retry: retry, End: true }) })), { y: 2 });
  assert.equal((await world.finished(arn)).status, "FAILED");
  const scheduled = async () => (await world.history(arn)).filter((e) => e.type === "TaskScheduled").length;
  assert.equal(await scheduled(), 3);
  await redrive(arn);
  assert.equal((await world.finished(arn)).status, "FAILED");
  assert.equal(await scheduled(), 5, "a retry of its own");
  await makeQueue(queue);
  await redrive(arn);
  const done = await world.finished(arn);
  assert.deepEqual([done.status, done.redriveCount, done.output], ["SUCCEEDED", 2, '{"y":2}']);
});

test("a Fail state is entered again and fails again", async () => {
  const arn = await world.start(await world.machine(states({ F: { Type: "Fail", Error: "No", Cause: "never" } })));
  await world.finished(arn);
  await redrive(arn);
  const ended = await world.finished(arn);
  assert.deepEqual([ended.status, ended.error, ended.redriveCount], ["FAILED", "No", 1]);
  assert.deepEqual(types(await world.history(arn)), ["ExecutionStarted", "FailStateEntered", "ExecutionFailed", "ExecutionRedriven", "FailStateEntered", "ExecutionFailed"]);
});

test("aborted and timed-out executions go on; the time limit begins again; the context tells", async () => {
  const wait = states({ W: { Type: "Wait", Seconds: 2, Next: "C" }, C: pass({ Parameters: { "count.$": "$$.Execution.RedriveCount", "time.$": "$$.Execution.RedriveTime" } }) });
  const stopped = await world.start(await world.machine(wait));
  await world.send(new StopExecutionCommand({ executionArn: stopped, error: "E", cause: "C" }));
  assert.equal((await world.describe(stopped)).status, "ABORTED");
  await redrive(stopped);
  const running = await world.describe(stopped);
  assert.equal(running.status, "RUNNING");
  assert.equal(running.stopDate, undefined);
  assert.equal(running.error, undefined);
  assert.equal(running.redriveStatusReason, "Execution is RUNNING and cannot be redriven");
  const timed = await world.start(await world.machine({ ...states({ W: { Type: "Wait", SecondsPath: "$.s", Next: "C" }, C: pass() }), TimeoutSeconds: 1 }), { s: 30 });
  const [done, late] = await Promise.all([world.finished(stopped), world.finished(timed)]);
  assert.equal(JSON.parse(done.output).count, 1);
  assert.match(JSON.parse(done.output).time, /^\d{4}-/);
  assert.equal(late.status, "TIMED_OUT");
  await redrive(timed);
  assert.equal((await world.describe(timed)).status, "RUNNING");
  assert.equal((await world.finished(timed)).status, "TIMED_OUT");
});

test("a client token makes a redrive once; what cannot be redriven says why", async () => {
  const arn = await world.start(await world.machine(states({ F: { Type: "Fail" } })));
  await world.finished(arn);
  const first = await redrive(arn, "token-1");
  const again = await redrive(arn, "token-1");
  assert.deepEqual(again.redriveDate, first.redriveDate);
  assert.equal((await world.describe(arn)).redriveCount, 1);
  await redrive(arn, "token-2");
  assert.equal((await world.describe(arn)).redriveCount, 2);
  const done = await world.start(await world.machine(states({ P: pass() })));
  await refused(redrive(done), "ExecutionNotRedrivable", "Execution is SUCCEEDED and cannot be redriven");
  await refused(redrive(`${done}x`), "ExecutionDoesNotExist", `Execution Does Not Exist: '${done}x'`);
  await refused(redrive("nonsense"), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'");
  await refused(redrive(done.replace(":execution:", ":express:") + ":1"), "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'");
  await refused(redrive(arn, "x".repeat(65)), "ValidationException");
});

test("lists tell redriven executions from others", async () => {
  const machine = await world.machine(states({ F: { Type: "Fail" } }));
  const [a, b] = [await world.start(machine), await world.start(machine)];
  await Promise.all([world.finished(a), world.finished(b)]);
  await redrive(a);
  const list = async (more) => (await world.send(new ListExecutionsCommand({ stateMachineArn: machine, ...more }))).executions.map((e) => [e.executionArn, e.redriveCount]);
  assert.deepEqual(await list({}), [[b, 0], [a, 1]]);
  assert.deepEqual(await list({ redriveFilter: "REDRIVEN" }), [[a, 1]]);
  assert.deepEqual(await list({ redriveFilter: "NOT_REDRIVEN" }), [[b, 0]]);
  assert.deepEqual(await list({ redriveFilter: "REDRIVEN", statusFilter: "FAILED" }), [[a, 1]]);
  assert.deepEqual(await list({ redriveFilter: "REDRIVEN", statusFilter: "ABORTED" }), []);
});

test("a parent whose awaited child failed starts another child; the one that failed stays as it is", async () => {
  const queue = unique("q");
  const child = await world.machine(states({ C: named(queue, { End: undefined, Next: "Said" }), Said: pass({ Result: "said" }) }));
  const parent = await world.machine(states({ P: { Type: "Task", Resource: "arn:aws:states:::states:startExecution.sync:2", Parameters: { StateMachineArn: child, "Input.$": "$" }, OutputPath: "$.Output", End: true } }));
  const arn = await world.start(parent, { x: 1 });
  assert.equal((await world.finished(arn)).status, "FAILED");
  const children = async () => (await world.send(new ListExecutionsCommand({ stateMachineArn: child }))).executions;
  const [failed] = await children();
  assert.equal(failed.status, "FAILED");
  await makeQueue(queue);
  await redrive(arn);
  const done = await world.finished(arn);
  assert.equal(done.status, "SUCCEEDED", done.cause);
  assert.equal(JSON.parse(done.output), "said");
  assert.deepEqual((await children()).map((c) => c.status).sort(), ["FAILED", "SUCCEEDED"]);
  assert.equal((await world.describe(failed.executionArn)).redriveCount, 0);
});

test("a map run goes on with its unsuccessful children", async () => {
  const queue = unique("q");
  const map = { Type: "Map", End: true, MaxConcurrency: 2, ToleratedFailurePercentage: 30, Label: "kids", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...states({ Choose: { Type: "Choice", Choices: [{ Variable: "$", NumericGreaterThan: 4, Next: "T" }], Default: "Fine" }, T: named(queue), Fine: pass() }) } };
  const arn = await world.start(await world.machine(states({ M: map })), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal((await world.finished(arn)).status, "FAILED");
  const { mapRuns } = await world.send(new ListMapRunsCommand({ executionArn: arn }));
  const { mapRunArn } = mapRuns[0];
  const describe = () => world.send(new DescribeMapRunCommand({ mapRunArn }));
  const children = async (more) => (await world.send(new ListExecutionsCommand({ mapRunArn, ...more }))).executions;
  const first = await describe();
  assert.equal(first.status, "FAILED");
  assert.equal(first.executionCounts.total, 8);
  const failed = await children({ statusFilter: "FAILED" });
  assert.ok(failed.length >= 3, JSON.stringify(first.executionCounts));
  const child = await world.describe(failed[0].executionArn);
  assert.equal(child.redriveStatus, "REDRIVABLE_BY_MAP_RUN");
  await refused(redrive(failed[0].executionArn), "ExecutionNotRedrivable");
  await makeQueue(queue);
  await redrive(arn);
  const done = await world.finished(arn);
  assert.deepEqual(JSON.parse(done.output ?? "null"), [1, 2, 3, 4, 5, 6, 7, 8], done.cause);
  const last = await describe();
  assert.deepEqual([last.status, last.redriveCount, last.executionCounts.succeeded, last.executionCounts.failed, last.executionCounts.pendingRedrive], ["SUCCEEDED", 1, 8, 0, 0]);
  const again = await children({ redriveFilter: "REDRIVEN" });
  assert.deepEqual(again.map((e) => e.executionArn).sort(), failed.map((e) => e.executionArn).sort());
  const events = types(await world.history(arn));
  assert.deepEqual(events.slice(events.indexOf("ExecutionRedriven")), ["ExecutionRedriven", "MapRunRedriven", "MapRunSucceeded", "MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]);
});

test("what failed before a restart is redriven after it", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const other = Object.assign(new World(), { server });
  const { SFNClient } = await import("@aws-sdk/client-sfn");
  other.sfn = other.client(SFNClient);
  const queues = other.client(SQSClient);
  const arn = await other.start(await other.machine(states({ P: { Type: "Parallel", End: true, Branches: [states({ T: named("late") }), states({ Good: pass() })] } })), { z: 3 });
  assert.equal((await other.finished(arn)).status, "FAILED");
  await server.crashAndRestart();
  await queues.send(new CreateQueueCommand({ QueueName: "late" }));
  await other.send(new RedriveExecutionCommand({ executionArn: arn }));
  await server.crashAndRestart();
  const done = await other.finished(arn);
  assert.equal(done.output, '[{"z":3},{"z":3}]', done.cause);
});
