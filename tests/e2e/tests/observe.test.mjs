// What an operator sees: execution logs in log groups, metrics in CloudWatch and for Prometheus, traces at a collector.
import { test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateStateMachineCommand, SFNClient, StartExecutionCommand, StartSyncExecutionCommand } from "@aws-sdk/client-sfn";
import { Server, until } from "../lib/server.mjs";
import { finished, start } from "../lib/sample.mjs";

const roleArn = "arn:aws:iam::000000000000:role/any";
const definition = JSON.stringify({ StartAt: "A", States: { A: { Type: "Pass", Next: "B" }, B: { Type: "Fail", Error: "Broken", Cause: "on purpose" } } });

async function machine(server, name, more = {}) {
  return (await new SFNClient(server.client()).send(new CreateStateMachineCommand({ name, roleArn, definition, ...more }))).stateMachineArn;
}

async function logged(server, logGroupName, count) {
  const logs = new CloudWatchLogsClient(server.client());
  const { events } = await until(() => logs.send(new FilterLogEventsCommand({ logGroupName })), (r) => r.events.length >= count, { seconds: 20 });
  return events.map((e) => JSON.parse(e.message));
}

async function groups(server, ...names) {
  const logs = new CloudWatchLogsClient(server.client());
  for (const logGroupName of names) await logs.send(new CreateLogGroupCommand({ logGroupName }));
}
const logging = (group, level, includeExecutionData = true) => ({
  loggingConfiguration: { level, includeExecutionData, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:us-east-1:000000000000:log-group:${group}:*` } }] },
});

test("level ALL logs every event with its data, ERROR the failure alone, and data only where it is wanted", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  await groups(server, "all", "error", "bare");
  const all = await start(server, await machine(server, "all", logging("all", "ALL")), { input: '{"x":1}' });
  const error = await start(server, await machine(server, "error", logging("error", "ERROR")));
  await start(server, await machine(server, "bare", logging("bare", "ALL", false)), { input: '{"secret":1}' });
  const events = await logged(server, "all", 5);
  assert.deepEqual(events.map((e) => e.type), ["ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed"]);
  assert.deepEqual(events.map((e) => e.id), ["1", "2", "3", "4", "5"]);
  assert.ok(events.every((e) => e.execution_arn === all));
  assert.equal(events[0].details.input, '{"x":1}');
  assert.ok(Number(events[0].event_timestamp) > 1.7e12);
  const failures = await logged(server, "error", 1);
  assert.ok(failures.every((e) => e.execution_arn === error && /Failed|FailState/.test(e.type)), JSON.stringify(failures));
  assert.ok(!JSON.stringify(await logged(server, "bare", 5)).includes("secret"));
});

test("an Express execution's only record is its log", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  await groups(server, "express");
  const stateMachineArn = await machine(server, "express", { type: "EXPRESS", ...logging("express", "ALL") });
  const ended = await new SFNClient(server.client()).send(new StartSyncExecutionCommand({ stateMachineArn }));
  assert.equal(ended.status, "FAILED");
  const events = await logged(server, "express", 5);
  assert.equal(events.at(-1).type, "ExecutionFailed");
  assert.ok(events.every((e) => e.execution_arn === ended.executionArn));
});

test("a log group that is not there is refused when the machine is made", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  await assert.rejects(machine(server, "lost", logging("not-there", "ALL")), { name: "InvalidLoggingConfiguration" });
});

test("executions are counted for CloudWatch, those of names that are not ASCII are not, and for Prometheus", async (t) => {
  const server = await Server.start();
  t.after(() => server.stop());
  const arn = await machine(server, "counted");
  for (let i = 0; i < 3; ++i) await finished(server, await start(server, arn));
  await finished(server, await start(server, await machine(server, "生é")));
  const listed = () => server.aws("cloudwatch", "list-metrics", "--namespace", "AWS/States").Metrics;
  const metrics = await until(async () => listed(), (m) => m.some((x) => x.MetricName === "ExecutionsFailed"), { seconds: 90, every: 1000 });
  assert.ok(metrics.every((m) => !JSON.stringify(m).includes("生")), JSON.stringify(metrics));
  const { Datapoints } = server.aws("cloudwatch", "get-metric-statistics", "--namespace", "AWS/States", "--metric-name", "ExecutionsFailed", "--dimensions", `Name=StateMachineArn,Value=${arn}`,
    "--start-time", new Date(Date.now() - 600_000).toISOString(), "--end-time", new Date(Date.now() + 600_000).toISOString(), "--period", "3600", "--statistics", "Sum");
  assert.equal(Datapoints.reduce((sum, p) => sum + p.Sum, 0), 3);
  const text = await (await fetch(`${server.url}/_gantry/metrics`)).text();
  assert.match(text, /^gantry_http_requests_total\{service="states",operation="StartExecution",code="200"\} 4$/m);
  assert.match(text, /^gantry_executions_open 0$/m);
  assert.match(text, /^gantry_journal_flush_duration_seconds_count [1-9]/m);
});

test("a span for the execution and one for each state go to the collector", async (t) => {
  const bodies = [];
  const collector = createServer((request, response) => {
    let body = "";
    request.on("data", (data) => (body += data));
    request.on("end", () => {
      bodies.push({ path: request.url, body: JSON.parse(body) });
      response.end("{}");
    });
  });
  await new Promise((ready) => collector.listen(0, "127.0.0.1", ready));
  t.after(() => collector.close());
  const server = await Server.start({ flags: ["--otlp-endpoint", `http://127.0.0.1:${collector.address().port}`] });
  t.after(() => server.stop());
  const stateMachineArn = await machine(server, "traced", { tracingConfiguration: { enabled: true } });
  await new SFNClient(server.client()).send(new StartExecutionCommand({ stateMachineArn, name: "one", traceHeader: "Root=1-67891233-abcdef012345678912345678;Sampled=1" }));
  const spans = await until(async () => bodies.flatMap((b) => b.body.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans))), (found) => found.length >= 3, { seconds: 20 });
  assert.ok(bodies.every((b) => b.path === "/v1/traces"));
  assert.ok(spans.every((s) => s.traceId === "67891233abcdef012345678912345678"), JSON.stringify(spans));
  const root = spans.find((s) => spans.filter((x) => x.parentSpanId === s.spanId).length === 2);
  assert.ok(root, JSON.stringify(spans.map((s) => s.name)));
});
