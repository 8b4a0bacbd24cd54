// Executions: starting, Express, stopping, describing, listing, histories.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import http from "node:http";
import * as S from "@aws-sdk/client-sfn";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { World, pass, refused, states, unique } from "../lib/states.mjs";
import { Server, until } from "../lib/server.mjs";

let world;
before(async () => (world = await World.start()));
after(() => world.server.stop());

const call = (operation, input) => world.send(new S[`${operation}Command`](input));
const echo = states({ A: pass() });
const waiting = states({ W: { Type: "Wait", Seconds: 60, End: true } });
const express = (definition = echo) => world.machine(definition, { type: "EXPRESS" });
const start = (stateMachineArn, more) => call("StartExecution", { stateMachineArn, ...more });

test("StartExecution: names, idempotency, inputs", async () => {
  const machine = await world.machine(waiting);
  const first = await start(machine, { name: "n", input: '{"a":1}' });
  assert.equal(first.executionArn, machine.replace(":stateMachine:", ":execution:") + ":n");
  assert.deepEqual(await start(machine, { name: "n", input: '{"a":1}' }).then((e) => [e.executionArn, e.startDate]), [first.executionArn, first.startDate]);
  await refused(start(machine, { name: "n", input: '{"a":2}' }), "ExecutionAlreadyExists", `Execution Already Exists: '${first.executionArn}'`);
  await call("StopExecution", { executionArn: first.executionArn });
  await refused(start(machine, { name: "n", input: '{"a":1}' }), "ExecutionAlreadyExists");
  assert.match((await start(machine)).executionArn, /:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  await refused(start("arn:aws:states:us-east-1:000000000000:stateMachine:none", { name: "a:b", input: "not" }), "InvalidName", "Invalid Name: 'a:b'");
  for (const [input, message] of [
    ["not", "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"],
    ["{'a':1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"],
    ["", "Invalid execution input."],
  ]) {
    await refused(start(machine, { input }), "InvalidExecutionInput", `Invalid State Machine Execution Input: '${message}'`);
  }
  for (const input of ["1", "null", '"text"', "[]", "true"]) assert.ok((await start(machine, { input })).executionArn);
  await refused(start(machine, { input: JSON.stringify("x".repeat(262145)) }), "ValidationException");
  await refused(start(machine, { traceHeader: "x".repeat(257) }), "ValidationException");
  const traced = await start(machine, { traceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793" });
  assert.equal((await world.describe(traced.executionArn)).traceHeader, "Root=1-5759e988-bd862e3fe1be46a994272793");
  const none = `${machine}none`;
  await refused(start(none), "StateMachineDoesNotExist", `State Machine Does Not Exist: '${none}'`);
  await refused(start("nonsense"), "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'");
  await refused(start(`${machine}/label`), "ValidationException");
  await refused(start(machine.replace(":stateMachine:", ":activity:")), "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: activity'");
});

test("more open executions than may be are refused, until one ends", async (t) => {
  const small = await World.start({ flags: ["--in-memory", "--runtime", "none", "--max-open-executions", "2"] });
  t.after(() => small.server.stop());
  const machine = await small.machine(waiting);
  const [a] = [await small.start(machine), await small.start(machine)];
  await refused(small.start(machine), "ExecutionLimitExceeded");
  await small.send(new S.StopExecutionCommand({ executionArn: a }));
  await small.start(machine);
});

test("Express, synchronous: the answer has it all", async () => {
  const machine = await express(states({ A: pass({ Parameters: { "x.$": "$.x" } }) }));
  const sync = (more) => call("StartSyncExecution", { stateMachineArn: machine, ...more });
  const done = await sync({ name: "n", input: '{"x":1}', traceHeader: "Root=1-5759e988-bd862e3fe1be46a994272793" });
  assert.match(done.executionArn, new RegExp(`^${machine.replace(":stateMachine:", ":express:")}:n:[0-9a-f-]{36}$`));
  assert.deepEqual([done.stateMachineArn, done.name, done.status, done.input, done.output], [machine, "n", "SUCCEEDED", '{"x":1}', '{"x":1}']);
  assert.deepEqual([done.inputDetails, done.outputDetails], [{ included: true }, { included: true }]);
  assert.deepEqual(done.billingDetails, { billedMemoryUsedInMB: 64, billedDurationInMilliseconds: 100 });
  assert.ok(done.startDate <= done.stopDate);
  assert.equal(done.traceHeader, "Root=1-5759e988-bd862e3fe1be46a994272793");
  const bare = await sync({ includedData: "METADATA_ONLY", input: '{"x":1}' });
  assert.deepEqual([bare.input, bare.output, bare.inputDetails], [undefined, undefined, { included: false }]);
  const failed = await call("StartSyncExecution", { stateMachineArn: await express(states({ F: { Type: "Fail", Error: "E", Cause: "C" } })) });
  assert.deepEqual([failed.status, failed.error, failed.cause, failed.$metadata.httpStatusCode], ["FAILED", "E", "C", 200]);
  const timed = await call("StartSyncExecution", { stateMachineArn: await express({ ...states({ W: { Type: "Wait", Seconds: 30, End: true } }), TimeoutSeconds: 1 }) });
  assert.equal(timed.status, "TIMED_OUT");
  await refused(call("StartSyncExecution", { stateMachineArn: await world.machine(echo) }), "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
  await refused(sync({ name: "a b" }), "InvalidName");
  await refused(sync({ input: "{" }), "InvalidExecutionInput");
  await refused(call("StartSyncExecution", { stateMachineArn: `${machine}x` }), "StateMachineDoesNotExist");
  await refused(call("StartSyncExecution", { stateMachineArn: "nonsense" }), "InvalidArn");
});

test("StartSyncExecution answers on the sync- host too", async () => {
  const machine = await express();
  const { hostname, port } = new URL(world.server.url);
  const body = await new Promise((resolve, reject) => {
    const request = http.request({ host: hostname, port, method: "POST", headers: { host: `sync-localhost:${port}`, "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.StartSyncExecution", authorization: "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, SignedHeaders=host, Signature=0" } }, (response) => {
      let text = "";
      response.on("data", (data) => (text += data)).on("end", () => resolve({ status: response.statusCode, text }));
    });
    request.on("error", reject).end(JSON.stringify({ stateMachineArn: machine }));
  });
  assert.equal(body.status, 200, body.text);
  assert.equal(JSON.parse(body.text).status, "SUCCEEDED");
});

test("Express, asynchronous: every start is another execution, and no history API has it", async () => {
  const machine = await express();
  const [a, b] = [await start(machine, { name: "same" }), await start(machine, { name: "same" })];
  assert.notEqual(a.executionArn, b.executionArn);
  const executionArn = a.executionArn;
  for (const operation of ["DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution", "DescribeStateMachineForExecution", "ListMapRuns"]) {
    await refused(call(operation, { executionArn }), "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'");
  }
  await refused(call("ListExecutions", { stateMachineArn: machine }), "StateMachineTypeNotSupported", "This operation is not supported by this type of state machine");
});

test("Express, across a crash: an asynchronous execution begins again, a synchronous one does not", async (t) => {
  const there = new World();
  there.server = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => there.server.stop());
  there.sfn = there.client(S.SFNClient);
  const sqs = there.client(SQSClient);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "told" }));
  const tell = (MessageBody) => ({ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl, MessageBody } });
  const machine = (body, Seconds) => there.machine(states({ A: { ...tell(`${body} begins`), Next: "W" }, W: { Type: "Wait", Seconds, Next: "B" }, B: { ...tell(`${body} ends`), End: true } }), { type: "EXPRESS" });
  const heard = [];
  const hear = async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }));
    for (const { Body, ReceiptHandle } of Messages) {
      heard.push(Body);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
    return [...heard].sort();
  };
  await there.start(await machine("done", 0));
  await until(hear, (all) => all.length === 2);
  await there.start(await machine("asynchronous", 4), { n: 1 });
  const cut = assert.rejects(there.send(new S.StartSyncExecutionCommand({ stateMachineArn: await machine("synchronous", 4) })));
  await until(hear, (all) => all.length === 4);
  await there.server.crashAndRestart();
  await cut;
  await until(hear, (all) => all.includes("asynchronous ends"));
  assert.deepEqual(await hear(), ["asynchronous begins", "asynchronous begins", "asynchronous ends", "done begins", "done ends", "synchronous begins"]);
});

test("DescribeExecution and StopExecution", async () => {
  const machine = await world.machine(waiting);
  const executionArn = await world.start(machine, { a: 1 });
  const running = await world.describe(executionArn);
  assert.deepEqual([running.status, running.input, running.inputDetails, running.stopDate, running.redriveStatus], ["RUNNING", '{"a":1}', { included: true }, undefined, "NOT_REDRIVABLE"]);
  const bare = await call("DescribeExecution", { executionArn, includedData: "METADATA_ONLY" });
  assert.deepEqual([bare.input, bare.inputDetails], [undefined, { included: false }]);
  const { stopDate } = await call("StopExecution", { executionArn, error: "E", cause: "C" });
  const stopped = await world.describe(executionArn);
  assert.deepEqual([stopped.status, stopped.error, stopped.cause, stopped.stopDate, stopped.output], ["ABORTED", "E", "C", stopDate, undefined]);
  assert.deepEqual((await call("StopExecution", { executionArn, error: "again" })).stopDate, stopDate);
  assert.equal((await world.describe(executionArn)).error, "E");
  await refused(call("StopExecution", { executionArn: `${executionArn}x` }), "ExecutionDoesNotExist", `Execution Does Not Exist: '${executionArn}x'`);
  await refused(call("StopExecution", { executionArn: machine }), "InvalidArn");
  await refused(call("StopExecution", { executionArn, error: "x".repeat(257) }), "ValidationException");
  await refused(call("StopExecution", { executionArn, cause: "x".repeat(32769) }), "ValidationException");
  await refused(world.describe(`${executionArn}x`), "ExecutionDoesNotExist");
  await refused(world.describe(machine), "InvalidArn", "Invalid Arn: 'Resource type not valid in this context: stateMachine'");
  await refused(call("GetExecutionHistory", { executionArn: `${executionArn}x` }), "ExecutionDoesNotExist");
});

test("ListExecutions: filters, pages, tokens", async () => {
  const machine = await world.machine(states({ C: { Type: "Choice", Choices: [{ Variable: "$.fail", BooleanEquals: true, Next: "F" }, { Variable: "$.wait", BooleanEquals: true, Next: "W" }], Default: "S" }, F: { Type: "Fail" }, S: { Type: "Succeed" }, W: { Type: "Wait", Seconds: 60, End: true } }), { publish: true });
  const inputs = [{}, { fail: true }, { wait: true }].map((x) => ({ fail: false, wait: false, ...x }));
  const begun = [];
  for (let i = 0; i < 12; ++i) begun.push(await world.start(i % 4 === 3 ? `${machine}:1` : machine, inputs[i % 3], { name: `e${i}` }));
  const list = async (more = {}) => {
    const names = [];
    let nextToken;
    do {
      const page = await call("ListExecutions", { stateMachineArn: machine, ...more, nextToken });
      names.push(...page.executions.map((e) => Number(e.name.slice(1))));
      nextToken = page.nextToken;
    } while (nextToken);
    return names;
  };
  const newest = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
  for (const maxResults of [undefined, 0, 1, 5, 12, 1000]) assert.deepEqual(await list({ maxResults }), newest);
  assert.deepEqual(await list({ statusFilter: "SUCCEEDED", maxResults: 2 }), [9, 6, 3, 0]);
  assert.deepEqual(await list({ statusFilter: "FAILED" }), [10, 7, 4, 1]);
  assert.deepEqual(await list({ statusFilter: "RUNNING" }), [11, 8, 5, 2]);
  assert.deepEqual(await list({ statusFilter: "TIMED_OUT" }), []);
  assert.deepEqual(await list({ stateMachineArn: `${machine}:1` }), [11, 7, 3]);
  const { executions, nextToken } = await call("ListExecutions", { stateMachineArn: machine, maxResults: 1 });
  assert.deepEqual(executions[0], { executionArn: begun[11], stateMachineArn: machine, name: "e11", status: "RUNNING", startDate: executions[0].startDate, stateMachineVersionArn: `${machine}:1`, redriveCount: 0 });
  await refused(call("ListExecutions", { stateMachineArn: machine, statusFilter: "FAILED", nextToken }), "InvalidToken", "Invalid Token: 'Invalid token'");
  await refused(call("ListExecutions", { stateMachineArn: await world.machine(echo), nextToken }), "InvalidToken");
  await refused(call("ListExecutions", { stateMachineArn: machine, nextToken: "x".repeat(3097) }), "ValidationException");
  await refused(call("ListExecutions", { stateMachineArn: machine, statusFilter: "DONE" }), "ValidationException", /Member must satisfy enum value set: \[.*PENDING_REDRIVE.*\]/);
  await refused(call("ListExecutions", { stateMachineArn: `${machine}:2` }), "StateMachineDoesNotExist");
  await refused(call("ListExecutions", { stateMachineArn: `${machine}x` }), "StateMachineDoesNotExist");
  await refused(call("ListExecutions", {}), "ValidationException");
  await refused(call("ListExecutions", { mapRunArn: machine.replace(":stateMachine:", ":mapRun:") + "/l:1" }), "ResourceNotFound");
});

test("a history of 25,000 events, in pages forwards and backwards", async () => {
  const loop = states({ A: pass({ End: undefined, Next: "B", Result: { go: true, data: "x".repeat(100) } }), B: { Type: "Choice", Choices: [{ Variable: "$.go", BooleanEquals: true, Next: "A" }], Default: "S" }, S: { Type: "Succeed" } });
  const executionArn = await world.start(await world.machine(loop));
  const ended = await world.finished(executionArn);
  assert.deepEqual([ended.status, ended.error], ["FAILED", "States.Runtime"]);
  assert.match(ended.cause, /25000/);
  const up = await world.history(executionArn);
  assert.equal(up.length, 25000);
  assert.deepEqual(up.map((e) => e.id), up.map((_, i) => i + 1));
  assert.equal(up.at(-1).type, "ExecutionFailed");
  const down = await world.history(executionArn, { reverseOrder: true, maxResults: 999 });
  assert.deepEqual(down.map((e) => e.id).reverse(), up.map((e) => e.id));
  assert.deepEqual(down.at(-12_345 - 1), up[12_345]);
  const page = await call("GetExecutionHistory", { executionArn });
  assert.equal(page.events.length, 100);
  await refused(call("GetExecutionHistory", { executionArn, reverseOrder: true, nextToken: page.nextToken }), "InvalidToken");
  await refused(call("GetExecutionHistory", { executionArn, maxResults: 1001 }), "ValidationException");
  const [bare] = (await call("GetExecutionHistory", { executionArn, maxResults: 1, includeExecutionData: false })).events;
  assert.equal(bare.executionStartedEventDetails.input, undefined);
  assert.ok(bare.executionStartedEventDetails.roleArn);
  // A page in the middle costs no more than the first.
  const begun = performance.now();
  for (let i = 0; i < 20; ++i) await call("GetExecutionHistory", { executionArn, nextToken: page.nextToken });
  assert.ok(performance.now() - begun < 10_000);
});

test("what is older than the retention is gone, and its name may be used again", async (t) => {
  const short = await World.start({ flags: ["--in-memory", "--runtime", "none", "--retention-days", "0.00002"] });
  t.after(() => short.server.stop());
  const machine = await short.machine(echo);
  const executionArn = await short.start(machine, {}, { name: "again" });
  await until(() => short.describe(executionArn).catch((e) => e), (e) => e.name === "ExecutionDoesNotExist", { seconds: 20 });
  assert.deepEqual((await short.send(new S.ListExecutionsCommand({ stateMachineArn: machine }))).executions, []);
  assert.equal(await short.start(machine, {}, { name: "again" }), executionArn);
});

test("no right, no knowledge: authorisation comes before validation and existence", async (t) => {
  const environment = { GANTRY_ROOT_ACCESS_KEY: "AKIAROOTROOTROOTROOT", GANTRY_ROOT_SECRET_KEY: "root-secret-of-a-test-0123456789abcdefgh" };
  const server = await Server.start({ auth: "enforce", flags: ["--in-memory", "--runtime", "none"], environment });
  t.after(() => server.stop());
  const root = { accessKeyId: environment.GANTRY_ROOT_ACCESS_KEY, secretAccessKey: environment.GANTRY_ROOT_SECRET_KEY };
  const { IAMClient, CreateUserCommand, CreateAccessKeyCommand } = await import("@aws-sdk/client-iam");
  const iam = new IAMClient(server.client(root));
  await iam.send(new CreateUserCommand({ UserName: "nobody" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "nobody" }));
  const nobody = new S.SFNClient(server.client({ accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }));
  for (const command of [
    new S.DescribeStateMachineCommand({ stateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:none" }),
    new S.StartExecutionCommand({ stateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:none", input: "{" }),
    new S.ListStateMachinesCommand({ maxResults: 5000 }),
    new S.SendTaskSuccessCommand({ taskToken: "x", output: "{" }),
  ]) {
    await refused(nobody.send(command), "AccessDeniedException", /is not authorized to perform: states:/);
  }
  const stranger = new S.SFNClient(server.client({ accessKeyId: "test", secretAccessKey: "test" }));
  await refused(stranger.send(new S.ListStateMachinesCommand({})), "UnrecognizedClientException");
});
