// Activities, callbacks, child executions, map runs: what executions wait for.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { request } from "node:http";
import * as S from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { World, pass, refused, role, states, unique } from "../lib/states.mjs";
import { assertBelow, assertIdle, cpuMs, residentMiB } from "../lib/footprint.mjs";
import { Server, until } from "../lib/server.mjs";

let world, sqs;
before(async () => {
  world = await World.start();
  sqs = world.client(SQSClient);
});
after(() => world.server.stop());

const call = (operation, input, client = world) => client.send(new S[`${operation}Command`](input));
const types = (events) => events.map((e) => e.type);
const activity = async () => (await call("CreateActivity", { name: unique("act") })).activityArn;
const ask = (activityArn, workerName, client = world) => call("GetActivityTask", { activityArn, workerName }, client);
const work = (Resource, more = {}) => states({ T: { Type: "Task", Resource, End: true, ...more } });

// A minute passes beside the other tests.
let emptyHanded;
test("a worker asks for what nobody has", async () => {
  const activityArn = await activity();
  const asked = Date.now();
  emptyHanded = ask(activityArn, "w").then((answer) => ({ answer, seconds: (Date.now() - asked) / 1000 }));
});

test("CreateActivity, DescribeActivity, ListActivities, DeleteActivity", async () => {
  const name = unique("act");
  const made = await call("CreateActivity", { name, tags: [{ key: "a", value: "b" }] });
  assert.equal(made.activityArn, `arn:aws:states:us-east-1:000000000000:activity:${name}`);
  assert.deepEqual((await call("CreateActivity", { name })).creationDate, made.creationDate);
  await refused(call("CreateActivity", { name, encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: "k" } }), "ActivityAlreadyExists");
  await refused(call("CreateActivity", { name: "a/b" }), "InvalidName", "Invalid Name: 'a/b'");
  const shown = await call("DescribeActivity", { activityArn: made.activityArn });
  assert.deepEqual([shown.name, shown.encryptionConfiguration], [name, { type: "AWS_OWNED_KEY" }]);
  assert.ok((await call("ListActivities", {})).activities.some((a) => a.activityArn === made.activityArn && a.name === name));
  await call("DeleteActivity", { activityArn: made.activityArn });
  await call("DeleteActivity", { activityArn: made.activityArn });
  for (const operation of ["DescribeActivity", "GetActivityTask"]) {
    await refused(call(operation, { activityArn: made.activityArn }), "ActivityDoesNotExist", `Activity Does Not Exist: '${made.activityArn}'`);
    await refused(call(operation, { activityArn: "nonsense" }), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'");
  }
  await refused(call("DeleteActivity", { activityArn: "nonsense" }), "InvalidArn");
  await refused(call("GetActivityTask", { activityArn: made.activityArn, workerName: "x".repeat(81) }), "ValidationException");
});

test("work that nobody waits for any more, and activities that nobody asks at, are forgotten", async () => {
  const metrics = async () => (await fetch(`${own.server.url}/_gantry/metrics`)).text();
  const waiting = async (of) => Number(new RegExp(`gantry_activity_queue{of="${of}"} (\\d+)`).exec(await metrics())[1]);
  const own = await World.start();
  try {
    const activityArn = (await call("CreateActivity", { name: unique("act") }, own)).activityArn;
    const machine = await own.machine(work(activityArn, { TimeoutSeconds: 1 }));
    const lasting = await own.start(await own.machine(work(activityArn)));
    const arns = [];
    for (let i = 0; i < 5; ++i) arns.push(await own.start(machine));
    for (const arn of arns) assert.equal((await own.finished(arn)).error, "States.Timeout");
    await until(() => waiting("tasks"), (n) => n === 1);
    await call("StopExecution", { executionArn: lasting }, own);
    await until(() => waiting("tasks"), (n) => n === 0);
    assert.equal(await waiting("activities"), 0);
  } finally {
    await own.server.stop();
  }
});

test("a worker that vanished while it asked swallows no work", async () => {
  const activityArn = await activity();
  const machine = await world.machine(work(activityArn, { TimeoutSeconds: 30 }));
  const away = new AbortController();
  const asked = world.sfn.send(new S.GetActivityTaskCommand({ activityArn, workerName: "gone" }), { abortSignal: away.signal });
  await new Promise((resolve) => setTimeout(resolve, 200));
  away.abort();
  await assert.rejects(asked, { name: "AbortError" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const arn = await world.start(machine, { n: 1 });
  const { taskToken, input } = await ask(activityArn, "here");
  assert.equal(input, '{"n":1}');
  await call("SendTaskSuccess", { taskToken, output: '"done"' });
  assert.equal((await world.finished(arn)).output, '"done"');
  assert.deepEqual((await world.history(arn)).filter((e) => e.type === "ActivityStarted").map((e) => e.activityStartedEventDetails.workerName), ["here"]);
});

test("a receiver that vanished while it waited takes no message", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: unique("q") }));
  const away = new AbortController();
  const asked = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), { abortSignal: away.signal });
  await new Promise((resolve) => setTimeout(resolve, 200));
  away.abort();
  await assert.rejects(asked, { name: "AbortError" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const send = { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl, MessageBody: "m" }, End: true };
  assert.equal((await world.run(states({ T: send }))).status, "SUCCEEDED");
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
  assert.deepEqual(Messages?.map((m) => m.Body), ["m"]);
});

test("an activity's work goes to who asked first; success, failure and heartbeat come back", async () => {
  const activityArn = await activity();
  const machine = await world.machine(work(activityArn, { HeartbeatSeconds: 2, TimeoutSeconds: 20 }));
  const first = ask(activityArn, "one");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const second = ask(activityArn, "two");
  await new Promise((resolve) => setTimeout(resolve, 100));
  const good = await world.start(machine, { n: 1 });
  const a = await first;
  assert.equal(a.input, '{"n":1}');
  const bad = await world.start(machine, { n: 2 });
  const b = await second;
  assert.equal(b.input, '{"n":2}');
  for (let i = 0; i < 5; ++i) {
    await new Promise((resolve) => setTimeout(resolve, 600));
    await call("SendTaskHeartbeat", { taskToken: a.taskToken });
    await call("SendTaskHeartbeat", { taskToken: b.taskToken });
  }
  await refused(call("SendTaskSuccess", { taskToken: a.taskToken, output: "{" }), "InvalidOutput");
  await refused(call("SendTaskSuccess", { taskToken: a.taskToken, output: JSON.stringify("x".repeat(262145)) }), "ValidationException");
  await call("SendTaskSuccess", { taskToken: a.taskToken, output: '{"done":true}' });
  await call("SendTaskFailure", { taskToken: b.taskToken, error: "E", cause: "C" });
  const [done, failed] = await Promise.all([world.finished(good), world.finished(bad)]);
  assert.equal(done.output, '{"done":true}');
  assert.deepEqual([failed.status, failed.error, failed.cause], ["FAILED", "E", "C"]);
  assert.deepEqual(types(await world.history(good)), ["ExecutionStarted", "TaskStateEntered", "ActivityScheduled", "ActivityStarted", "ActivitySucceeded", "TaskStateExited", "ExecutionSucceeded"]);
  assert.equal((await world.history(good))[3].activityStartedEventDetails.workerName, "one");
  for (const [operation, more] of [["SendTaskSuccess", { output: "{}" }], ["SendTaskFailure", {}], ["SendTaskHeartbeat", {}]]) {
    await refused(call(operation, { taskToken: a.taskToken, ...more }), "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'");
    await refused(call(operation, { taskToken: "nonsense", ...more }), "InvalidToken", "Invalid Token: 'Invalid token'");
    await refused(call(operation, { taskToken: "x".repeat(2049), ...more }), "ValidationException");
  }
});

test("a silent worker loses its task", async () => {
  const activityArn = await activity();
  const silent = await world.start(await world.machine(work(activityArn, { HeartbeatSeconds: 1, TimeoutSeconds: 20 })));
  const { taskToken } = await ask(activityArn);
  const ended = await world.finished(silent);
  assert.deepEqual([ended.status, ended.error], ["FAILED", "States.Timeout"]);
  await refused(call("SendTaskSuccess", { taskToken, output: "{}" }), "TaskTimedOut");
  assert.ok(types(await world.history(silent)).includes("ActivityTimedOut"));
});

test("a token is good in its own account and region alone, and no letter of it can be altered", async () => {
  const activityArn = await activity();
  const execution = await world.start(await world.machine(work(activityArn)));
  const { taskToken } = await ask(activityArn);
  assert.ok(taskToken.length <= 2048);
  const success = (token, client) => call("SendTaskSuccess", { taskToken: token, output: "1" }, client);
  await refused(success(taskToken, new S.SFNClient(world.server.client({ accessKeyId: "111122223333", secretAccessKey: "x" }))), "InvalidToken");
  await refused(success(taskToken, new S.SFNClient({ ...world.server.client(), region: "eu-west-1" })), "InvalidToken");
  for (let i = 0; i < taskToken.length; i += 5) {
    await refused(success(taskToken.slice(0, i) + (taskToken[i] === "A" ? "B" : "A") + taskToken.slice(i + 1)), "InvalidToken");
  }
  await success(taskToken);
  assert.equal((await world.finished(execution)).output, "1");
});

test("at most a thousand poll one activity", async () => {
  const activityArn = await activity();
  const machine = await world.machine(work(activityArn));
  const { NodeHttpHandler } = await import("@smithy/node-http-handler");
  const client = new S.SFNClient({ ...world.server.client(), maxAttempts: 1, requestHandler: new NodeHttpHandler({ httpAgent: { maxSockets: 2000, keepAlive: true }, socketAcquisitionWarningTimeout: 1e6 }) });
  const polls = Array.from({ length: 1001 }, () => ask(activityArn, "w", client).then((task) => ({ task }), (error) => ({ error })));
  const over = await Promise.race(polls);
  assert.equal(over.error?.name, "ActivityWorkerLimitExceeded");
  // Everybody else gets work.
  const begun = await Promise.all(Array.from({ length: 1000 }, () => world.start(machine)));
  const tasks = (await Promise.all(polls)).filter((p) => p.task);
  assert.equal(tasks.length, 1000);
  assert.equal(new Set(tasks.map((p) => p.task.taskToken)).size, 1000);
  await Promise.all(tasks.map((p) => call("SendTaskSuccess", { taskToken: p.task.taskToken, output: "{}" })));
  for (const executionArn of begun) assert.equal((await world.finished(executionArn)).status, "SUCCEEDED");
});

// A poll of its own connection, without an SDK's cost; ends with the answer.
const poll = (activityArn, workerName) =>
  new Promise((resolve, reject) => {
    const body = JSON.stringify({ activityArn, workerName });
    const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.GetActivityTask", "content-length": body.length };
    const asked = request(world.server.url, { method: "POST", headers, agent: false }, async (answer) => resolve(JSON.parse(Buffer.concat(await answer.toArray()).toString())));
    asked.on("error", reject).end(body);
    asked.on("socket", (socket) => polls.add(socket).size && socket.on("close", () => polls.delete(socket)));
  });
const polls = new Set();
const waiting = async () => Number(/gantry_activity_queue\{of="workers"\} (\d+)/.exec(await (await fetch(`${world.server.url}/_gantry/metrics`)).text())[1]);

test("five thousand waiting workers cost next to nothing, and each is there for its own activity", async (t) => {
  const resident = () => residentMiB(world.server);
  const arns = await Promise.all(Array.from({ length: 10 }, activity));
  assert.ok((await waiting()) <= 1, "the one that asks for what nobody has, at most");
  const before = resident();
  const answers = arns.flatMap((arn) => Array.from({ length: 500 }, () => poll(arn, "w").catch(() => null)));
  await until(waiting, (n) => n >= 5000);
  const grown = resident() - before;
  const worked = cpuMs(world.server);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const idle = cpuMs(world.server) - worked;
  t.diagnostic(`${grown.toFixed(0)} MiB, ${idle} ms of CPU in a second`);
  assertBelow(grown, 100, "for 5,000 pollers");
  assertIdle(idle);
  // Work of one activity goes to its own workers, whoever else waits.
  const machines = await Promise.all(arns.map((arn) => world.machine(work(arn))));
  const begun = await Promise.all(machines.map((machine, n) => world.start(machine, { n })));
  const tasks = await Promise.all(arns.map((_, n) => Promise.race(answers.slice(n * 500, n * 500 + 500))));
  assert.deepEqual(tasks.map((task) => JSON.parse(task.input).n), arns.map((_, n) => n));
  await Promise.all(tasks.map(({ taskToken }) => call("SendTaskSuccess", { taskToken, output: "{}" })));
  for (const executionArn of begun) assert.equal((await world.finished(executionArn)).status, "SUCCEEDED");
  // Those who go are forgotten.
  for (const socket of polls) socket.destroy();
  await until(waiting, (n) => n <= 1);
});

test("work is shared among the workers that ask for it", async () => {
  const activityArn = await activity();
  const machine = await world.machine(work(activityArn));
  const workers = Array.from({ length: 8 }, (_, n) => `w${n}`);
  const done = new Map(workers.map((name) => [name, 0]));
  const tasks = 160;
  let left = tasks;
  const labour = workers.map(async (name) => {
    while (left > 0) {
      const { taskToken } = await poll(activityArn, name).catch(() => ({}));
      if (!taskToken) return;
      await call("SendTaskSuccess", { taskToken, output: "{}" });
      done.set(name, done.get(name) + 1);
      if (--left === 0) for (const socket of polls) socket.destroy();
    }
  });
  for (const arn of await Promise.all(Array.from({ length: tasks }, () => world.start(machine)))) assert.equal((await world.finished(arn)).status, "SUCCEEDED");
  await Promise.allSettled(labour);
  const shares = [...done.values()];
  assert.equal(shares.reduce((a, b) => a + b), tasks);
  assert.ok(Math.min(...shares) >= tasks / workers.length / 4, `a fair share is ${tasks / workers.length}: ${shares}`);
});

const tokenTask = (QueueUrl, more = {}) => work("arn:aws:states:::sqs:sendMessage.waitForTaskToken", { Parameters: { QueueUrl, MessageBody: { "token.$": "$$.Task.Token" } }, ...more });
const received = async (client, QueueUrl, seconds = 10) => {
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: seconds }));
  return Messages?.map((m) => JSON.parse(m.Body));
};

test("callbacks wait across a crash: the message went out once, its token is still good", async (t) => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => server.stop());
  const there = Object.assign(new World(), { server });
  there.sfn = there.client(S.SFNClient);
  const queues = there.client(SQSClient);
  const { QueueUrl } = await queues.send(new CreateQueueCommand({ QueueName: "tokens" }));
  const { activityArn } = await call("CreateActivity", { name: "act" }, there);
  const waits = await there.start(await there.machine(tokenTask(QueueUrl)));
  const works = await there.start(await there.machine(work(activityArn)));
  const [{ token }] = await received(queues, QueueUrl);
  const { taskToken } = await ask(activityArn, "w", there);
  await until(() => there.history(waits), (events) => types(events).includes("TaskSubmitted"));
  await server.crashAndRestart();
  assert.equal((await there.describe(waits)).status, "RUNNING");
  assert.equal(await received(queues, QueueUrl, 1), undefined, "no second message");
  const nobody = ask(activityArn, "other", there);
  await call("SendTaskSuccess", { taskToken: token, output: '"late"' }, there);
  await call("SendTaskSuccess", { taskToken, output: '"work"' }, there);
  assert.equal((await there.finished(waits)).output, '"late"');
  assert.equal((await there.finished(works)).output, '"work"');
  assert.equal(types(await there.history(works)).filter((x) => x === "ActivityStarted").length, 1);
  await there.start(await there.machine(work(activityArn)), { next: 1 });
  assert.equal((await nobody).input, '{"next":1}', "whoever asked meanwhile gets the next one");
});

test("of two answers the first counts", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: unique("tokens") }));
  const execution = await world.start(await world.machine(tokenTask(QueueUrl)));
  const [{ token }] = await received(sqs, QueueUrl);
  await call("SendTaskFailure", { taskToken: token, error: "Mine", cause: "why" });
  await refused(call("SendTaskSuccess", { taskToken: token, output: "{}" }), "TaskTimedOut");
  const ended = await world.finished(execution);
  assert.deepEqual([ended.error, ended.cause], ["Mine", "why"]);
  assert.deepEqual(types(await world.history(execution)), ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskFailed", "ExecutionFailed"]);
});

const child = (StateMachineArn, pattern, more = {}) => ({ Type: "Task", Resource: `arn:aws:states:::states:startExecution${pattern}`, Parameters: { StateMachineArn, "Input.$": "$" }, ...more });

test("child executions: answered, awaited, their failure told, stopped with their parent", async () => {
  const good = await world.machine(states({ A: pass({ Parameters: { "twice.$": "States.MathAdd($.n, $.n)" } }) }));
  const run = async (pattern, machine) => world.run(states({ C: child(machine, pattern, { End: true }) }), { n: 2 });
  const plain = JSON.parse((await run("", good)).output);
  assert.match(plain.ExecutionArn, /:execution:/);
  const sync = JSON.parse((await run(".sync", good)).output);
  assert.deepEqual([sync.Status, sync.Output, sync.Input, sync.StateMachineArn], ["SUCCEEDED", '{"twice":4}', '{"n":2}', good]);
  const parsed = JSON.parse((await run(".sync:2", good)).output);
  assert.deepEqual([parsed.Output, parsed.Input], [{ twice: 4 }, { n: 2 }]);
  const failing = await world.machine(states({ F: { Type: "Fail", Error: "E", Cause: "C" } }));
  const failed = await run(".sync:2", failing);
  assert.equal(failed.error, "States.TaskFailed");
  assert.deepEqual([JSON.parse(failed.cause).Error, JSON.parse(failed.cause).Cause, JSON.parse(failed.cause).Status], ["E", "C", "FAILED"]);
  const missing = await run(".sync:2", `${good}none`);
  assert.equal(missing.error, "StepFunctions.StateMachineDoesNotExistException");
  const long = await world.machine(states({ W: { Type: "Wait", Seconds: 60, End: true } }));
  const parent = await world.start(await world.machine(states({ C: child(long, ".sync", { End: true }) })));
  const running = () => call("ListExecutions", { stateMachineArn: long, statusFilter: "RUNNING" }).then((l) => l.executions);
  await until(running, (list) => list.length === 1);
  await call("StopExecution", { executionArn: parent });
  await until(running, (list) => list.length === 0);
  const { executions } = await call("ListExecutions", { stateMachineArn: long });
  assert.equal(executions[0].status, "ABORTED");
});

test("twenty levels of nested children come back with the right result, with bounded memory", async (t) => {
  const resident = () => residentMiB(world.server);
  const before = resident();
  let machine = await world.machine(states({ A: pass({ Parameters: { "depth.$": "$.depth" } }) }));
  for (let level = 0; level < 20; ++level) {
    machine = await world.machine(
      states({
        Add: pass({ End: undefined, Parameters: { "depth.$": "States.MathAdd($.depth, 1)" }, Next: "C" }),
        C: child(machine, ".sync:2", { OutputPath: "$.Output", End: true }),
      }),
    );
  }
  const runs = await Promise.all(Array.from({ length: 10 }, () => world.start(machine, { depth: 0 })));
  for (const ended of await Promise.all(runs.map((arn) => world.finished(arn)))) assert.equal(ended.output, '{"depth":20}', ended.cause);
  const grown = resident() - before;
  t.diagnostic(`${grown.toFixed(0)} MiB more`);
  assertBelow(grown, 64);
});

test("ten thousand distributed-map children, with bounded memory", async (t) => {
  const big = await World.start();
  t.after(() => big.server.stop());
  const resident = () => residentMiB(big.server);
  const map = { Type: "Map", End: true, MaxConcurrency: 1000, Label: "ten", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...states({ A: pass({ Parameters: { "v.$": "States.MathAdd($, 1)" }, OutputPath: "$.v" }) }) } };
  const machine = await big.machine(states({ R: pass({ End: undefined, Next: "M" }), M: map }));
  const before = resident();
  const executionArn = await big.start(machine, Array.from({ length: 10_000 }, (_, i) => i));
  const ended = await big.finished(executionArn, 60);
  assert.equal(ended.status, "SUCCEEDED", ended.cause);
  assert.deepEqual(JSON.parse(ended.output), Array.from({ length: 10_000 }, (_, i) => i + 1));
  const grown = resident() - before;
  t.diagnostic(`${grown.toFixed(0)} MiB more`);
  assertBelow(grown, 200);
  const { mapRuns } = await big.send(new S.ListMapRunsCommand({ executionArn }));
  const run = await big.send(new S.DescribeMapRunCommand({ mapRunArn: mapRuns[0].mapRunArn }));
  assert.deepEqual([run.status, run.executionCounts.succeeded, run.executionCounts.total, run.maxConcurrency], ["SUCCEEDED", 10_000, 10_000, 1000]);
  let listed = 0, nextToken;
  do {
    const page = await big.send(new S.ListExecutionsCommand({ mapRunArn: mapRuns[0].mapRunArn, maxResults: 1000, nextToken }));
    listed += page.executions.length;
    nextToken = page.nextToken;
  } while (nextToken);
  assert.equal(listed, 10_000);
});

test("map runs: shown, listed, changed while they run, stopped with their parent", async () => {
  const map = { Type: "Map", End: true, MaxConcurrency: 1, Label: "slow", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...states({ W: { Type: "Wait", Seconds: 60, End: true } }) } };
  const machine = await world.machine(states({ M: map }));
  const executionArn = await world.start(machine, [1, 2, 3]);
  const runs = () => call("ListMapRuns", { executionArn }).then((l) => l.mapRuns);
  const [listed] = await until(runs, (list) => list.length === 1);
  const { mapRunArn } = listed;
  assert.equal(listed.stateMachineArn, `${machine}/slow`);
  const describe = () => call("DescribeMapRun", { mapRunArn });
  const first = await until(describe, (r) => r.executionCounts.running === 1);
  assert.deepEqual([first.status, first.executionArn, first.maxConcurrency, first.executionCounts.pending, first.toleratedFailureCount, first.toleratedFailurePercentage], ["RUNNING", executionArn, 1, 2, 0, 0]);
  const label = await call("DescribeStateMachine", { stateMachineArn: `${machine}/slow` });
  assert.equal(label.label, "slow");
  await refused(call("UpdateMapRun", { mapRunArn }), "ValidationException");
  await refused(call("UpdateMapRun", { mapRunArn, toleratedFailurePercentage: 101 }), "ValidationException");
  await refused(call("UpdateMapRun", { mapRunArn, maxConcurrency: -1 }), "ValidationException");
  await call("UpdateMapRun", { mapRunArn, maxConcurrency: 2, toleratedFailureCount: 1 });
  const second = await until(describe, (r) => r.executionCounts.running === 2);
  assert.deepEqual([second.maxConcurrency, second.toleratedFailureCount], [2, 1]);
  const children = async (more) => (await call("ListExecutions", { mapRunArn, ...more })).executions;
  const [one] = await children({ statusFilter: "RUNNING" });
  assert.deepEqual([one.mapRunArn, one.stateMachineArn, one.itemCount], [mapRunArn, `${machine}/slow`, 1]);
  const shown = await world.describe(one.executionArn);
  assert.equal(shown.mapRunArn, mapRunArn);
  const of = await call("DescribeStateMachineForExecution", { executionArn: one.executionArn });
  assert.deepEqual([of.mapRunArn, of.label], [mapRunArn, "slow"]);
  await call("StopExecution", { executionArn });
  const ended = await until(describe, (r) => r.status !== "RUNNING");
  assert.equal(ended.status, "ABORTED");
  assert.ok(ended.stopDate);
  assert.deepEqual((await children({ statusFilter: "RUNNING" })).length, 0);
  const late = await refused(call("UpdateMapRun", { mapRunArn, maxConcurrency: 1 }), "ValidationException");
  assert.equal(late.reason, "CANNOT_UPDATE_COMPLETED_MAP_RUN");
  await refused(call("DescribeMapRun", { mapRunArn: `${mapRunArn}x` }), "ResourceNotFound");
  await refused(call("DescribeMapRun", { mapRunArn: "nonsense" }), "InvalidArn");
  await refused(call("ListMapRuns", { executionArn: `${executionArn}x` }), "ExecutionDoesNotExist");
});

test("TestState: what each level shows of a state's data, its errors, its variables", async () => {
  const look = async (definition, more = {}) => {
    const { $metadata, ...told } = await call("TestState", { definition: JSON.stringify(definition), input: '{"x":1}', inspectionLevel: "DEBUG", ...more });
    const open = (data) => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, typeof value === "string" ? JSON.parse(value) : value]));
    return { ...told, inspectionData: told.inspectionData && open(told.inspectionData) };
  };
  const shaped = pass({ Parameters: { "a.$": "$.x" }, ResultPath: "$.r", OutputPath: "$.r" });
  assert.equal((await look(shaped, { inspectionLevel: "INFO" })).inspectionData, undefined);
  assert.deepEqual((await look(shaped)).inspectionData, { input: { x: 1 }, afterInputPath: { x: 1 }, afterParameters: { a: 1 }, afterResultSelector: { a: 1 }, afterResultPath: { x: 1, r: { a: 1 } } });
  const failing = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "f" }, End: true, Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 2 }], Catch: [{ ErrorEquals: ["States.ALL"], Next: "C", ResultPath: "$.e" }] };
  const attempt = (retrierRetryCount, error = "E") => look(failing, { mock: { errorOutput: { error, cause: "why" } }, stateConfiguration: { retrierRetryCount } });
  for (const [count, seconds] of [[0, 3], [1, 6]]) {
    const retriable = await attempt(count);
    assert.deepEqual([retriable.status, retriable.error, retriable.inspectionData.errorDetails], ["RETRIABLE", "E", { retryIndex: 0, retryBackoffIntervalSeconds: seconds }]);
  }
  for (const caught of [await attempt(2), await attempt(0, "Other")]) {
    assert.deepEqual([caught.status, caught.nextState, caught.inspectionData.errorDetails], ["CAUGHT_ERROR", "C", { catchIndex: 0 }]);
    assert.deepEqual(JSON.parse(caught.output), { x: 1, e: { Error: caught.error, Cause: "why" } });
  }
  const assigning = { Type: "Pass", QueryLanguage: "JSONata", Output: "{% $v + $states.input.x %}", Assign: { w: "{% $v * 2 %}" }, End: true };
  const told = await look(assigning, { variables: '{"v":2}' });
  assert.deepEqual([told.output, told.inspectionData.variables], ["3", { v: 2, w: 4 }]);
  const chosen = await look({ Type: "Choice", Choices: [{ Variable: "$.x", NumericEquals: 2, Next: "Two" }], Default: "Other" });
  assert.deepEqual([chosen.status, chosen.nextState, chosen.inspectionData], ["SUCCEEDED", "Other", { input: { x: 1 }, afterInputPath: { x: 1 } }]);
  // An ItemSelector sees its iteration beside the context that is given.
  const each = { Type: "Map", ItemsPath: "$.x", ItemSelector: { "i.$": "$$.Map.Item.Value", "of.$": "$$.Execution.Name" }, ItemProcessor: states({ A: pass() }), End: true };
  const items = await look(each, { input: '{"x":[7,8]}', context: '{"Execution":{"Name":"n"}}', mock: { result: "[1,2]" } });
  assert.deepEqual(items.inspectionData.afterItemSelector, [{ i: 7, of: "n" }, { i: 8, of: "n" }]);
  const failed = await look({ Type: "Fail", Error: "E", Cause: "C" });
  assert.deepEqual([failed.status, failed.error, failed.cause], ["FAILED", "E", "C"]);
});

test("TestState runs a state that is not kept", async () => {
  const state = (definition, more) => call("TestState", { definition: JSON.stringify(definition), roleArn: role, input: '{"a":1}', ...more });
  const passed = await state({ Type: "Pass", Parameters: { "b.$": "$.a" }, Next: "N" });
  assert.deepEqual([passed.status, JSON.parse(passed.output), passed.nextState], ["SUCCEEDED", { b: 1 }, "N"]);
  const mocked = await state({ Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "f" }, End: true }, { mock: { result: '{"Payload":1}', fieldValidationMode: "NONE" } });
  assert.equal(mocked.status, "SUCCEEDED", mocked.cause);
  await refused(state({ Type: "Map" }), "InvalidDefinition");
  const task = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "f" }, End: true };
  const iterations = { Type: "Map", ItemProcessor: states({ A: pass() }), End: true };
  const branches = { Type: "Parallel", Branches: [states({ A: pass() }), states({ B: pass() })], End: true };
  for (const [definition, more, message] of [
    [task, { mock: { result: "{}", errorOutput: { error: "E" } } }, "A test mock should have only one of the following fields: [result, errorOutput]."],
    [task, { mock: { result: "x" } }, "Mocked result must be valid JSON"],
    [task, { mock: { result: "[]" } }, "Mocked result must be a JSON object."],
    [task, { mock: { result: '{"StatusCode":"x"}' } }, "Mock result schema validation error: Field 'StatusCode' must be a number"],
    [task, { mock: { result: "{}" }, revealSecrets: true }, "TestState does not support RevealSecrets when a mock is specified."],
    [task, { mock: { result: "{}" }, context: '{"Other":{}}' }, "Invalid Context object provided: Field 'Other' is not allowed"],
    [pass(), { mock: { result: "{}" } }, "State type 'Pass' is not supported when a mock is specified"],
    [iterations, { mock: { result: "{}" }, input: "[1]" }, "Mocked result must be an array."],
    [iterations, { stateConfiguration: { mapIterationFailureCount: 1 }, input: "[1]" }, "TestState does not support MapIterationFailureCount when a mock is not specified."],
    [iterations, { mock: { errorOutput: { error: "E" } }, stateConfiguration: { mapIterationFailureCount: 2 }, input: "[1]" }, "Map iteration failure count must be less than or equal to the number of Map iterations"],
    [branches, { mock: { result: "[1]" } }, "Mocked result must contain the same number of items as number of Parallel branches."],
    [states({ A: pass() }), { stateName: "B" }, "State not found in definition"],
  ]) {
    await refused(state(definition, more), "ValidationException", message);
  }
  await refused(call("TestState", { definition: JSON.stringify({ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: {}, End: true }) }), "ValidationException", "RoleArn must be specified when testing a Task state");
});

test("a worker that got nothing hears so after a minute: no token, no input", async () => {
  const { answer, seconds } = await emptyHanded;
  assert.deepEqual([answer.taskToken, answer.input], [undefined, undefined]);
  assert.ok(seconds >= 59.9, `${seconds} s`);
});
