// What the console's pages live by: /_gantry/api/changes tells who watches a thing that it has changed (docs/api.md).
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudFormationClient, CreateStackCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateClusterCommand, DeleteClusterCommand, ECSClient } from "@aws-sdk/client-ecs";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { CreateActivityCommand, CreateStateMachineCommand, PublishStateMachineVersionCommand, SFNClient, StartExecutionCommand, TagResourceCommand } from "@aws-sdk/client-sfn";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { follow } from "../lib/event_stream.mjs";
import { assertBelow, assertIdle, cpuMs, residentMiB } from "../lib/footprint.mjs";
import { Server, until } from "../lib/server.mjs";

const roleArn = "arn:aws:iam::000000000000:role/any";
const pass = JSON.stringify({ StartAt: "Pass", States: { Pass: { Type: "Pass", End: true } } });
const address = (server, names) => `${server.url}/_gantry/api/changes?${names.map((name) => `watch=${encodeURIComponent(name)}`).join("&")}`;
const changedIn = (messages) => messages.flatMap((message) => message.data.changed ?? []);

// Follows these; `after(act, names)` waits until each of the names was told of after the act began.
async function watching(server, names, headers) {
  const stream = follow(address(server, names), () => false, headers);
  stream.catch(() => undefined);
  await until(async () => stream.told.length, (count) => count > 0);
  return {
    told: stream.told,
    leave: stream.leave,
    async after(act, wanted) {
      const from = stream.told.length;
      const answer = await act();
      await until(async () => changedIn(stream.told.slice(from)), (changed) => wanted.every((name) => changed.includes(name)));
      return answer;
    },
  };
}

test("whatever is watched is told of when it changes, and nothing else is", async (t) => {
  const server = await Server.start({ auth: "audit", flags: ["--runtime", "none"] });
  t.after(() => server.child.kill());
  const options = server.client();
  const sfn = new SFNClient(options), sns = new SNSClient(options), sqs = new SQSClient(options), logs = new CloudWatchLogsClient(options), ecs = new ECSClient(options);
  const events = new EventBridgeClient(options), cloudwatch = new CloudWatchClient(options), cloudformation = new CloudFormationClient(options), iam = new IAMClient(options);
  const machine = async (name, more = {}) => (await sfn.send(new CreateStateMachineCommand({ name, roleArn, definition: pass, ...more }))).stateMachineArn;
  const topic = async (Name) => (await sns.send(new CreateTopicCommand({ Name }))).TopicArn;
  const queue = async (QueueName) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl;
  const one = await machine("one"), other = await machine("other");
  const oneTopic = await topic("one"), otherTopic = await topic("other");
  const oneQueue = await queue("one"), otherQueue = await queue("other");
  for (const logGroupName of ["/one", "/other"]) {
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    for (const logStreamName of ["s", "t"]) await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  }
  const quiet = [`machine:${other}`, `executions:${other}`, `messages:${otherTopic}`, `queue:${otherQueue}`, "log-events:/other", "log-events:/one:t", "rule:default/other", "metrics:Other", "task:x", "task-output:x",
    "map-run:arn:aws:states:us-east-1:000000000000:mapRun:one/m:0"];
  const feed = await watching(server, [
    "machines", `machine:${one}`, `executions:${one}`, "activities", "stacks", "clusters", "log-groups", "log-events:/one", "log-events:/one:s", "topics", `subscriptions:${oneTopic}`, `messages:${oneTopic}`,
    "queues", `queue:${oneQueue}`, "rules", "rule:default/one", "metrics:One", "roles", "decisions", ...quiet,
  ]);
  assert.deepEqual(feed.told[0].data, { changed: [], refused: [] });

  await feed.after(() => machine("third"), ["machines", "decisions"]);
  await feed.after(() => sfn.send(new TagResourceCommand({ resourceArn: one, tags: [{ key: "a", value: "b" }] })), [`machine:${one}`]);
  const { stateMachineVersionArn } = await feed.after(() => sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: one })), [`machine:${one}`]);
  await feed.after(() => sfn.send(new StartExecutionCommand({ stateMachineArn: one })), [`executions:${one}`]);
  // Executions of a version are its machine's.
  await feed.after(() => sfn.send(new StartExecutionCommand({ stateMachineArn: stateMachineVersionArn })), [`executions:${one}`]);
  await feed.after(() => sfn.send(new CreateActivityCommand({ name: "a" })), ["activities"]);
  await feed.after(() => ecs.send(new CreateClusterCommand({ clusterName: "c" })), ["clusters"]);
  await feed.after(() => ecs.send(new DeleteClusterCommand({ cluster: "c" })), ["clusters"]);
  await feed.after(() => logs.send(new PutLogEventsCommand({ logGroupName: "/one", logStreamName: "s", logEvents: [{ timestamp: Date.now(), message: "hello" }] })), ["log-groups", "log-events:/one", "log-events:/one:s"]);
  await feed.after(() => topic("third"), ["topics"]);
  await feed.after(() => sns.send(new SubscribeCommand({ TopicArn: oneTopic, Protocol: "email", Endpoint: "a@b.example" })), [`subscriptions:${oneTopic}`]);
  await feed.after(() => sns.send(new PublishCommand({ TopicArn: oneTopic, Message: "hello" })), [`messages:${oneTopic}`]);
  await feed.after(() => queue("third"), ["queues"]);
  const ofQueue = ["queues", `queue:${oneQueue}`];
  await feed.after(() => sqs.send(new SendMessageCommand({ QueueUrl: oneQueue, MessageBody: "hello" })), ofQueue);
  // Received, and told of again when it can be seen again.
  await feed.after(() => sqs.send(new ReceiveMessageCommand({ QueueUrl: oneQueue, VisibilityTimeout: 4 })), ofQueue);
  await feed.after(async () => undefined, ofQueue);
  assert.equal((await sqs.send(new GetQueueAttributesCommand({ QueueUrl: oneQueue, AttributeNames: ["ApproximateNumberOfMessages"] }))).Attributes.ApproximateNumberOfMessages, "1");
  const { Messages } = await until(() => sqs.send(new ReceiveMessageCommand({ QueueUrl: oneQueue })), (answer) => answer.Messages?.length > 0);
  await feed.after(() => sqs.send(new DeleteMessageCommand({ QueueUrl: oneQueue, ReceiptHandle: Messages[0].ReceiptHandle })), ofQueue);
  await feed.after(() => events.send(new PutRuleCommand({ Name: "one", EventPattern: '{"source":["x"]}' })), ["rules", "rule:default/one"]);
  await feed.after(() => events.send(new PutTargetsCommand({ Rule: "one", Targets: [{ Id: "m", Arn: one, RoleArn: roleArn }] })), ["rules", "rule:default/one"]);
  await feed.after(() => cloudwatch.send(new PutMetricDataCommand({ Namespace: "One", MetricData: [{ MetricName: "m", Value: 1 }] })), ["metrics:One"]);
  await feed.after(() => iam.send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }] }) })), ["roles"]);
  const TemplateBody = JSON.stringify({ Resources: { Q: { Type: "AWS::SQS::Queue" } } });
  const { StackId } = await feed.after(() => cloudformation.send(new CreateStackCommand({ StackName: "made", TemplateBody })), ["stacks", "queues"]);
  const ofStack = await watching(server, [`stack:${StackId}`, "stack:arn:aws:cloudformation:us-east-1:000000000000:stack/no/0"]);
  await ofStack.after(() => server.aws("cloudformation", "delete-stack", "--stack-name", "made"), [`stack:${StackId}`]);

  assert.deepEqual(quiet.filter((name) => changedIn(feed.told).includes(name)), []);
  assert.deepEqual([...new Set(changedIn(ofStack.told))], [`stack:${StackId}`]);
  feed.leave();
  ofStack.leave();
  await server.stop();
});

test("a Map Run's counts are told of while it runs", async (t) => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => server.child.kill());
  const sfn = new SFNClient(server.client());
  const definition = JSON.stringify({
    StartAt: "Each",
    States: { Each: { Type: "Map", Label: "each", MaxConcurrency: 1, ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "Wait", States: { Wait: { Type: "Wait", SecondsPath: "$.s", End: true } } }, End: true } },
  });
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: "maps", roleArn, definition }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(Array.from({ length: 200 }, () => ({ s: 1 }))) }));
  const [{ mapRunArn }] = await until(async () => server.aws("stepfunctions", "list-map-runs", "--execution-arn", executionArn).mapRuns, (runs) => runs.length > 0);
  const feed = await watching(server, [`map-run:${mapRunArn}`, `executions:${mapRunArn}`]);
  await feed.after(async () => undefined, [`map-run:${mapRunArn}`, `executions:${mapRunArn}`]);
  await feed.after(() => server.aws("stepfunctions", "stop-execution", "--execution-arn", executionArn), [`map-run:${mapRunArn}`]);
  assert.equal(server.aws("stepfunctions", "describe-map-run", "--map-run-arn", mapRunArn).status, "ABORTED");
  feed.leave();
  await server.stop();
});

test("a reader that comes back is told what changed meanwhile, and after a restart that all may have", async (t) => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => server.child.kill());
  const sfn = new SFNClient(server.client()), sns = new SNSClient(server.client());
  const first = (names, headers) => follow(address(server, names), (messages) => messages.length > 0, headers);
  const [{ id, event }] = await first(["machines"]);
  assert.equal(event, "watching");
  await sfn.send(new CreateStateMachineCommand({ name: "meanwhile", roleArn, definition: pass }));
  // What was not watched before may be watched from that place on as well.
  await sns.send(new CreateTopicCommand({ Name: "meanwhile" }));
  const names = ["machines", "queues", "stacks", "topics"];
  const [back] = await first(names, { "Last-Event-ID": id });
  assert.deepEqual(back.data.changed, ["machines", "topics"]);
  assert.deepEqual((await first(names, { "Last-Event-ID": back.id }))[0].data.changed, []);
  assert.deepEqual((await first(names, { "Last-Event-ID": "no such.1" }))[0].data.changed, names);
  await server.crashAndRestart();
  assert.deepEqual((await first(names, { "Last-Event-ID": back.id }))[0].data.changed, names);
  await server.stop();
});

test("who watches something that lives elsewhere looks now and then", async (t) => {
  const there = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => there.child.kill());
  const server = await Server.start({ flags: ["--runtime", "none", "--upstream", `sqs=${there.url}`] });
  t.after(() => server.child.kill());
  const feed = await watching(server, ["queues", "topics"]);
  await feed.after(() => new SQSClient(there.client()).send(new CreateQueueCommand({ QueueName: "there" })), ["queues"]);
  assert.deepEqual([...new Set(changedIn(feed.told))], ["queues"]);
  feed.leave();
  await server.stop();
  await there.stop();
});

test("who hears of a thing needs the right to see it; what cannot be watched does not spoil the rest", async (t) => {
  const root = { accessKeyId: "AKIAROOTROOTROOTROOT", secretAccessKey: "a-secret-of-the-root" };
  const server = await Server.start({ auth: "enforce", flags: ["--runtime", "none"], environment: { GANTRY_ROOT_ACCESS_KEY: root.accessKeyId, GANTRY_ROOT_SECRET_KEY: root.secretAccessKey } });
  t.after(() => server.child.kill());
  const iam = new IAMClient(server.client(root));
  await iam.send(new CreateUserCommand({ UserName: "viewer" }));
  await iam.send(new PutUserPolicyCommand({ UserName: "viewer", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["sns:ListTopics", "sqs:GetQueueAttributes"], Resource: "*" }] }) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "viewer" }));
  const names = ["topics", "machines", "queue:http://x/000000000000/q", "nonsense", "machine:x", "topics:behind", "decisions", "messages:arn:aws:sns:us-east-1:111111111111:theirs"];
  const signer = await new SFNClient(server.client({ accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey })).config.signer();
  const { host, hostname, port } = new URL(server.url);
  const { headers } = await signer.sign({ method: "GET", protocol: "http:", hostname, port: Number(port), path: "/_gantry/api/changes", query: { watch: names }, headers: { host } });
  const [{ data }] = await follow(address(server, names), (messages) => messages.length > 0, headers);
  assert.deepEqual(data.refused.map((one) => [one.watch, one.__type]), [
    ["decisions", "AccessDeniedException"], ["machine:x", "ValidationException"], ["machines", "AccessDeniedException"], ["messages:arn:aws:sns:us-east-1:111111111111:theirs", "NotFound"], ["nonsense", "ValidationException"],
    ["topics:behind", "ValidationException"],
  ]);
  assert.equal((await (await fetch(address(server, ["topics"]))).json()).__type, "MissingAuthenticationTokenException");
  await server.stop();
  const open = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => open.child.kill());
  assert.equal((await fetch(address(open, Array.from({ length: 101 }, (_, i) => `task:${i}`)))).status, 400);
  await open.stop();
});

test("three thousand watch: that costs nothing while nothing changes, and a change reaches them all", async (t) => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => server.child.kill());
  const sns = new SNSClient(server.client());
  const viewers = [];
  for (let i = 0; i < 3000; ++i) {
    viewers.push(follow(address(server, ["topics", "machines", `task:${i}`]), (messages) => messages.some((m) => m.data.changed?.includes("topics"))));
    if (i % 100 === 99) await Promise.all(viewers.slice(-100).map((viewer) => viewer.connected));
  }
  const resident = residentMiB(server), looked = cpuMs(server);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const idle = cpuMs(server) - looked;
  await sns.send(new CreateTopicCommand({ Name: "seen" }));
  for (const messages of await Promise.all(viewers)) assert.deepEqual(changedIn(messages), ["topics"]);
  t.diagnostic(`3,000 watch: the server has ${resident.toFixed(0)} MiB, ${idle} ms of CPU in a second; the change cost ${cpuMs(server) - looked - idle} ms`);
  assertBelow(resident, 100, "with 3,000 viewers");
  assertIdle(idle);
  await server.stop();
});
