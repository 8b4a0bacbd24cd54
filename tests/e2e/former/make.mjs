#!/usr/bin/env node
// Makes NAME-killed and NAME-backup with a program that is to be released: README.md.
//   node tests/e2e/former/make.mjs NAME BINARY
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CreateActivityCommand, CreateStateMachineAliasCommand, CreateStateMachineCommand, DescribeExecutionCommand, GetActivityTaskCommand, GetExecutionHistoryCommand, PublishStateMachineVersionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const [name, binary] = process.argv.slice(2);
if (!binary) {
  console.error("make NAME BINARY");
  process.exit(2);
}
process.env.GANTRY_BINARY = binary;
const { Server, until } = await import("../lib/server.mjs");

const states = (all) => JSON.stringify({ StartAt: Object.keys(all)[0], States: all });
const pass = { Type: "Pass", End: true };

async function make(way) {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  const sfn = new SFNClient(server.client()), sqs = new SQSClient(server.client()), sns = new SNSClient(server.client());
  const machine = async (called, definition, more = {}) =>
    (await sfn.send(new CreateStateMachineCommand({ name: called, definition, roleArn: "arn:aws:iam::000000000000:role/states", ...more }))).stateMachineArn;
  const start = async (stateMachineArn, input) => (await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }))).executionArn;
  const describe = (executionArn) => sfn.send(new DescribeExecutionCommand({ executionArn }));
  const events = async (executionArn) => (await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events;
  const ended = (arn) => until(() => describe(arn), (e) => e.status !== "RUNNING");

  const { activityArn } = await sfn.send(new CreateActivityCommand({ name: "hands" }));
  const { QueueUrl: queueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "callbacks" }));
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: "kept" }));
  const { TopicArn: topicArn } = await sns.send(new CreateTopicCommand({ Name: "news" }));
  const byHand = { Type: "Task", Resource: activityArn, End: true };
  const quick = await machine("quick", states({ A: { Type: "Pass", Result: { n: 1 }, Next: "B" }, B: pass }));
  const fails = await machine("fails", states({ C: { Type: "Choice", Choices: [{ Variable: "$.fail", BooleanEquals: true, Next: "F" }], Default: "S" }, F: { Type: "Fail", Error: "Broken", Cause: "on purpose" }, S: { Type: "Succeed" } }));
  const waits = await machine("waits", states({ W: { Type: "Wait", Seconds: 2, Next: "P" }, P: pass }));
  const tasks = await machine("tasks", states({ T: { ...byHand, Retry: [{ ErrorEquals: ["Again"], IntervalSeconds: 1 }] } }));
  const retries = await machine("retries", states({ T: { ...byHand, TimeoutSeconds: 600, HeartbeatSeconds: 300 } }));
  const callbacks = await machine("callbacks", states({
    C: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters: { QueueUrl: queueUrl, MessageBody: { "token.$": "$$.Task.Token" } }, End: true },
  }));
  const map = await machine("map", states({ M: { Type: "Map", MaxConcurrency: 2, ItemsPath: "$.items", ItemProcessor: { StartAt: "I", States: { I: byHand } }, Next: "P" }, P: pass }));
  const variables = await machine("variables", JSON.stringify({
    QueryLanguage: "JSONata", StartAt: "A",
    States: { A: { Type: "Pass", Assign: { kept: "{% $states.input.n + 1 %}" }, Next: "B" }, B: { Type: "Wait", Seconds: 2, Next: "C" }, C: { Type: "Pass", Output: "{% {'kept': $kept} %}", End: true } },
  }));
  const { stateMachineVersionArn: version } = await sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: quick }));
  const { stateMachineAliasArn: alias } = await sfn.send(new CreateStateMachineAliasCommand({ name: "live", routingConfiguration: [{ stateMachineVersionArn: version, weight: 100 }] }));

  const told = { way, activityArn, queueUrl, topicArn, quick, alias, ended: {}, open: {}, redrivable: "" };
  for (const arn of [await start(quick, { a: "ä" }), await start(alias, {}), await start(fails, { fail: false }), await start(fails, { fail: true })]) {
    const { status, input, output, error, cause } = await ended(arn);
    told.ended[arn] = { status, input, output, error, cause, events: await events(arn) };
    if (status === "FAILED") told.redrivable = arn;
  }
  // Open ones, each with what it ends with.
  const takes = async () => (await sfn.send(new GetActivityTaskCommand({ activityArn }))).taskToken;
  const opens = [
    [await start(waits, { w: 1 }), '{"w":1}'],
    [await start(variables, { n: 41 }), '{"kept":42}'],
    [await start(callbacks, {}), '"by hand"'],
  ];
  const working = [[await start(tasks, {}), '"by hand"'], [await start(retries, {}), '"by hand"'], [await start(map, { items: [1, 2, 3] }), '["by hand","by hand","by hand"]']];
  told.tokens = [await takes(), await takes()];
  for (const [arn, output] of [...opens, ...working]) told.open[arn] = { output, events: await until(() => events(arn), (list) => list.length >= 3) };
  let folder = server.dataDir;
  if (way === "backup") server.gantry("backup", (folder = `${server.dataDir}-backup`));
  told.at = Date.now();
  server.child.kill("SIGKILL");
  await server.exited;
  const here = dirname(process.argv[1]);
  execFileSync("tar", ["-C", folder, "--exclude=*.spare", "--exclude=LOG*", "--owner=0", "--group=0", "-czf", join(here, `${name}-${way}.tar.gz`), "."]);
  writeFileSync(join(here, `${name}-${way}.json`), JSON.stringify(told, null, 1) + "\n");
  for (const made of [folder, server.dataDir]) rmSync(made, { recursive: true, force: true });
  console.log(`${name}-${way}, by ${basename(binary)}`);
}
await make("killed");
await make("backup");
