// The command line of the language: run, validate, eval and help, by the real binary; and the diagnostics over the wire.
import { test } from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SFNClient, ValidateStateMachineDefinitionCommand } from "@aws-sdk/client-sfn";
import { SQSClient, CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { sanitized } from "../lib/footprint.mjs";
import { Server } from "../lib/server.mjs";

const folder = mkdtempSync(join(tmpdir(), "gantry-cli-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = (name, content) => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content, null, 2));
  return path;
};
const gantry = (args, input = "") => spawnSync(process.env.GANTRY_BINARY, args, { input, encoding: "utf8" });

// Years pass step by step, which takes a sanitized program long.
const days = sanitized ? 20 : 365;
const charge = file("charge.asl.json", {
  StartAt: "Charge",
  States: {
    Charge: {
      Type: "Task", Resource: "arn:aws:states:::lambda:invoke", Parameters: { FunctionName: "f", "Payload.$": "$" }, OutputPath: "$.Payload",
      Retry: [{ ErrorEquals: ["Busy"], IntervalSeconds: 3600, MaxAttempts: 2 }], Next: "Sleep",
    },
    Sleep: { Type: "Wait", Seconds: days * 86400, End: true },
  },
});

test("run: a year of waiting and an hour of back-off pass at once, with the history of a real run", () => {
  const mocks = file("mocks.json", { states: { Charge: [{ error: "Busy", cause: "later" }, { result: { Payload: { id: 7 } } }] } });
  const begun = Date.now();
  const ran = gantry(["run", charge, "--mock", mocks, "--fast-forward"]);
  assert.equal(ran.status, 0, ran.stderr);
  assert.deepEqual(JSON.parse(ran.stdout), { id: 7 });
  assert.match(ran.stderr, /tried again/);
  assert.match(ran.stderr, new RegExp(`succeeded after ${days} d`));
  assert.ok(!ran.stderr.includes("\x1b"), "no colours where there is no terminal");
  assert.ok(Date.now() - begun < 60_000);
  const events = gantry(["run", charge, "--mock", mocks, "--fast-forward", "--history", "--quiet"]).stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(events.map((e) => e.type), [
    "ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited",
    "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"]);
  assert.ok(events.at(-1).timestamp - events[0].timestamp >= days * 86400 + 3600);
});

test("run: the mock files of Step Functions Local, by test case", () => {
  const mocks = file("local.json", {
    StateMachines: { M: { TestCases: { Happy: { Charge: "Good" }, Sad: { Charge: "Bad" } } } },
    MockedResponses: { Good: { 0: { Return: { Payload: 1 } } }, Bad: { "0-2": { Throw: { Error: "Busy", Cause: "always" } } } },
  });
  const happy = gantry(["run", charge, "--mock", mocks, "--case", "Happy", "--fast-forward"]);
  assert.equal(happy.status, 0, happy.stderr);
  assert.equal(happy.stdout, "1\n");
  const sad = gantry(["run", charge, "--mock", mocks, "--case", "Sad", "--fast-forward"]);
  assert.equal(sad.status, 1);
  assert.match(sad.stderr, /Busy: always/);
  const neither = gantry(["run", charge, "--mock", mocks]);
  assert.equal(neither.status, 2);
  assert.match(neither.stderr, /--case: M\/Happy, M\/Sad/);
});

test("run: a task that has no mock is refused with the mock that it needs; outcomes have exit statuses", () => {
  const refused = gantry(["run", charge]);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /"states": \{"Charge"/);
  const late = file("late.json", { StartAt: "W", TimeoutSeconds: 5, States: { W: { Type: "Wait", Seconds: 9, End: true } } });
  assert.equal(gantry(["run", late, "--fast-forward"]).status, 3);
  assert.equal(gantry(["run", join(folder, "none.json")]).status, 2);
  assert.equal(gantry(["run", late, "--input", "{"]).status, 2);
});

test("run: Ctrl-C aborts", async () => {
  const wait = file("wait.json", { StartAt: "W", States: { W: { Type: "Wait", Seconds: 600, End: true } } });
  const child = spawn(process.env.GANTRY_BINARY, ["run", wait], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  await new Promise((resolve) => child.stderr.on("data", (data) => String(data).includes("W  Wait") && resolve()));
  child.kill("SIGINT");
  assert.equal(await ended, 4);
});

test("run: tasks without a mock go to a running server", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const sqs = new SQSClient(server.client());
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "q" }));
  const send = file("send.json", { StartAt: "S", States: { S: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl, "MessageBody.$": "$" }, End: true } } });
  const ran = gantry(["run", send, "--input", '{"n":1}', "--endpoint", server.url]);
  assert.equal(ran.status, 0, ran.stderr);
  assert.ok(JSON.parse(ran.stdout).MessageId);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  assert.equal(Messages[0].Body, '{"n":1}');
});

test("validate: code, message, location, line and a hint; exit status", () => {
  const wrong = file("wrong.asl.json", '{\n  "StartAt": "A",\n  "States": {\n    "A": {"Type": "Pass", "Nxt": "B", "Next": "Bee"},\n    "Be": {"Type": "Succeed"}\n  }\n}\n');
  const told = gantry(["validate", wrong, charge]);
  assert.equal(told.status, 1);
  assert.ok(told.stdout.includes(`${wrong}:4:27: error: SCHEMA_VALIDATION_FAILED: Field 'Nxt' is not supported at /States/A`), told.stdout);
  assert.match(told.stdout, /\^{5}\n.*did you mean 'Next'/);
  assert.ok(told.stdout.includes(`${charge}: OK`));
  const [line] = gantry(["validate", "--json", wrong]).stdout.trim().split("\n");
  assert.equal(JSON.parse(line).result, "FAIL");
  assert.equal(gantry(["validate", charge]).status, 0);
  assert.equal(gantry(["validate", join(folder, "none.json")]).status, 2);
});

test("eval: a line in, a line out, at once", async () => {
  const child = spawn(process.env.GANTRY_BINARY, ["eval", "--language", "jsonpath", "--jsonl"], { stdio: ["pipe", "pipe", "inherit"] });
  let heard;
  let rest = "";
  child.stdout.on("data", (data) => {
    rest += data;
    for (let at; (at = rest.indexOf("\n")) >= 0; rest = rest.slice(at + 1)) heard(JSON.parse(rest.slice(0, at)));
  });
  const ask = (request) => new Promise((resolve) => {
    heard = resolve;
    child.stdin.write((typeof request === "string" ? request : JSON.stringify(request)) + "\n");
  });
  assert.deepEqual(await ask({ expr: "$.a[0]", data: { a: [5] } }), { result: 5, definite: true });
  assert.deepEqual(await ask({ expr: "$.b", data: {} }), { undefined: true });
  assert.equal((await ask({ expr: "$.b[?(", data: {} })).error.code, "InvalidPath");
  assert.equal((await ask("nonsense")).error.code, "InvalidRequest");
  assert.deepEqual(await ask('{"expr":"$","data":"\\ud800"}'), { result: "\ud800", definite: true });
  const large = "x".repeat(3_000_000);
  assert.equal((await ask({ expr: "$.l", data: { l: large } })).result, large);
  child.stdin.end();
  assert.equal(await new Promise((resolve) => child.on("exit", resolve)), 0);
});

test("help: every command has a page with examples; what is misspelt is guessed", () => {
  const names = [...gantry(["help"]).stdout.matchAll(/^  (\w+)  /gm)].map((m) => m[1]);
  for (const name of ["serve", "run", "validate", "eval", "image", "config"]) {
    assert.ok(names.includes(name), name);
    const page = gantry(["help", name]);
    assert.equal(page.status, 0);
    assert.match(page.stdout, new RegExp(`\\n  .*gantry ${name}`), name);
    assert.equal(gantry([name, "--help"]).stdout, page.stdout);
  }
  const wrong = gantry(["vaildate"]);
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /did you mean 'validate'/);
});

test("ValidateStateMachineDefinition: severities, maxResults, truncated; FAIL exactly when there is an error", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const sfn = new SFNClient(server.client());
  const ask = (definition, more = {}) => sfn.send(new ValidateStateMachineDefinitionCommand({ definition: JSON.stringify(definition), ...more }));
  const warned = { StartAt: "A", States: { A: { Type: "Pass", Parameters: { x: "$.y" }, End: true } } };
  assert.deepEqual((({ result, diagnostics, truncated }) => ({ result, diagnostics, truncated }))(await ask(warned)), { result: "OK", diagnostics: [], truncated: false });
  const seen = await ask(warned, { severity: "WARNING" });
  assert.equal(seen.result, "OK");
  assert.equal(seen.diagnostics.length, 1);
  assert.equal(seen.diagnostics[0].severity, "WARNING");
  assert.equal(seen.diagnostics[0].location, "/States/A/Parameters");
  const wrong = { StartAt: "A", States: { A: { Type: "Pass", X: 1, Y: 1, Z: 1, End: true } } };
  const cut = await ask(wrong, { maxResults: 2 });
  assert.deepEqual([cut.result, cut.diagnostics.length, cut.truncated], ["FAIL", 2, true]);
  const exact = await ask(wrong, { maxResults: 3, severity: "WARNING" });
  assert.deepEqual([exact.result, exact.diagnostics.length, exact.truncated], ["FAIL", 3, false]);
  for (const d of exact.diagnostics) assert.ok(d.code && d.message && d.severity === "ERROR");
  // A result that is cut off before its errors is a failure all the same.
  const both = { StartAt: "A", States: { A: { Type: "Pass", Parameters: { x: "$.y" }, End: true }, B: { Type: "Succeed" } } };
  assert.equal((await ask(both, { severity: "WARNING", maxResults: 1 })).result, "FAIL");
  const label = { StartAt: "M", States: { M: { Type: "Map", Label: "a b", End: true, ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "P", States: { P: { Type: "Pass", End: true } } } } } };
  const labelled = await ask(label);
  assert.equal(labelled.result, "FAIL");
  assert.equal(labelled.diagnostics.length, 1);
  await assert.rejects(ask(warned, { maxResults: 101 }), { name: "ValidationException" });
});
