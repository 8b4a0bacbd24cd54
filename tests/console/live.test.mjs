// Live by push: a page asks nothing while nothing changes, whatever its clock says, and shows what changes without being asked.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EC2Client, DescribeSubnetsCommand } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { DisableRuleCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateActivityCommand, CreateStateMachineCommand, ListMapRunsCommand, PublishStateMachineVersionCommand, SFNClient, StartExecutionCommand, TagResourceCommand, UpdateStateMachineCommand } from "@aws-sdk/client-sfn";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { busyboxImage, Server, until } from "../e2e/lib/server.mjs";
import { Browser } from "./browser.mjs";

const roleArn = "arn:aws:iam::000000000000:role/any", group = "/live/express";
const made = {};
let server, browser, page, measured, sfn, sns, sqs, ecs, logs, events, cloudformation;
const pass = { StartAt: "A", States: { A: { Type: "Pass", End: true } } };
const create = async (name, definition = pass, more = {}) => (await sfn.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition), ...more }))).stateMachineArn;
const start = async (stateMachineArn, name, input = "{}") => (await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }))).executionArn;
const log = (message) => logs.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: "by-hand", logEvents: [{ timestamp: Date.now(), message }] }));

// What the pages ask of the server: questions in `asked`, those not answered yet in `open`; streams, which stay open, by themselves.
const asked = [], open = new Set(), streams = new Set();
const kindOf = (request) => (/\/_gantry\/api\/(changes|executions\/events)\?/.test(request.url()) ? "stream" : /\/console\//.test(request.url()) || !request.url().startsWith("http") ? "file" : "question");
function listen(tab) {
  tab.on("request", (request) => {
    const kind = kindOf(request);
    if (kind === "stream") streams.add(request);
    if (kind === "question") asked.push(`${request.method()} ${request.url().slice(server.url.length)} ${request.headers()["x-amz-target"] ?? ""} ${(request.postData() ?? "").slice(0, 200)}`);
    if (kind !== "stream") open.add(request);
  });
  for (const event of ["requestfinished", "requestfailed"]) tab.on(event, (request) => (open.delete(request), streams.delete(request)));
}
// Until everything is answered, and nothing more was asked for a while.
async function settled() {
  for (let quiet = 0, count = -1; quiet < 4; await new Promise((resolve) => setTimeout(resolve, 60))) {
    quiet = open.size === 0 && asked.length === count ? quiet + 1 : 0;
    count = asked.length;
  }
}
// A while of the page's own clock, in which nothing changes: longer than any page would wait that asks by a timer.
async function asksNothing() {
  await settled();
  const from = asked.length;
  await page.clock.runFor(20_000);
  await settled();
  assert.deepEqual(asked.slice(from), []);
}
const at = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;
const seen = (text) => page.getByText(text).first().waitFor();
// Opens a page, sees that it asks nothing, changes something, and sees that the page shows it.
const live = (name, hash, there, ...changes) =>
  test(`${name} shows what changes, and asks nothing while nothing does`, async () => {
    await browser.go(hash());
    await seen(there);
    await asksNothing();
    for (const [change, ...shown] of changes) {
      await change();
      for (const one of shown) await (typeof one === "function" ? one() : seen(one));
    }
  });

before(async () => {
  server = await Server.start({ auth: "audit" });
  const options = server.client();
  sfn = new SFNClient(options), sns = new SNSClient(options), sqs = new SQSClient(options), ecs = new ECSClient(options), logs = new CloudWatchLogsClient(options), events = new EventBridgeClient(options), cloudformation = new CloudFormationClient(options);
  server.gantry("image", "import", busyboxImage(), "busybox");
  made.one = await create("one");
  made.topic = (await sns.send(new CreateTopicCommand({ Name: "first-topic" }))).TopicArn;
  made.queue = (await sqs.send(new CreateQueueCommand({ QueueName: "first-queue" }))).QueueUrl;
  await logs.send(new CreateLogGroupCommand({ logGroupName: group }));
  await logs.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: "by-hand" }));
  made.quick = await create("quick", pass, { type: "EXPRESS", loggingConfiguration: { level: "ALL", destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:us-east-1:000000000000:log-group:${group}:*` } }] } });
  await events.send(new PutRuleCommand({ Name: "first-rule", EventPattern: '{"source":["x"]}' }));
  made.maps = await create("maps", { StartAt: "Each", States: { Each: { Type: "Map", Label: "each", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "Ask", States: { Ask: { Type: "Wait", SecondsPath: "$", End: true } } }, End: true } } });
  made.mapsExecution = await start(made.maps, "each", "[0,100000]");
  made.mapRun = (await until(() => sfn.send(new ListMapRunsCommand({ executionArn: made.mapsExecution })), (answer) => answer.mapRuns.length > 0)).mapRuns[0].mapRunArn;
  await ecs.send(new CreateClusterCommand({ clusterName: "first-cluster" }));
  await ecs.send(new RegisterTaskDefinitionCommand({
    family: "talks", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512",
    containerDefinitions: [{ name: "app", image: "busybox", essential: true, entryPoint: ["sh", "-c"], command: ["i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo said-$i; sleep 1; done"] }],
  }));
  made.subnet = (await new EC2Client(options).send(new DescribeSubnetsCommand({}))).Subnets[0].SubnetId;
  await new IAMClient(options).send(new CreateRoleCommand({ RoleName: "may-nothing", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }] }) }));
  browser = await Browser.open(server.url);
  // A page that was opened when there were no metrics: they come once a minute.
  measured = await browser.tab();
  await measured.goto(`${server.url}/console/#/metrics`);
  await measured.getByText("No metrics yet").waitFor();
  page = browser.page;
  await page.clock.install();
  listen(page);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const inRow = (name, text) => () => page.getByRole("row", { name }).getByText(text, { exact: true }).first().waitFor();
live("the list of state machines", () => "#/statemachines", "one", [() => create("second-machine"), "second-machine"], [() => start(made.one, "counted"), inRow("one", "1")]);
live("a state machine's executions", () => at("statemachines", "view", made.one), "counted", [() => start(made.one, "pushed"), "pushed"], [() => sfn.send(new UpdateStateMachineCommand({ stateMachineArn: made.one, roleArn: `${roleArn}-other` })), `${roleArn}-other`]);
live("its versions", () => `${at("statemachines", "view", made.one)}?tab=versions`, "No versions", [() => sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: made.one })), /stateMachine:one:1$/]);
live("what starts it", () => `${at("statemachines", "view", made.one)}?tab=rules`, "No rules", [async () => {
  await events.send(new PutRuleCommand({ Name: "starts-one", EventPattern: '{"source":["z"]}' }));
  await events.send(new PutTargetsCommand({ Rule: "starts-one", Targets: [{ Id: "m", Arn: made.one, RoleArn: roleArn }] }));
}, "starts-one"]);
live("its tags", () => `${at("statemachines", "view", made.one)}?tab=tags`, "No tags", [() => sfn.send(new TagResourceCommand({ resourceArn: made.one, tags: [{ key: "team", value: "blue" }] })), "team"]);
live("an Express one's executions", () => at("statemachines", "view", made.quick), "No executions", [() => start(made.quick, "hello"), "Succeeded"]);
live("its log", () => `${at("statemachines", "view", made.quick)}?tab=logging`, "ExecutionSucceeded", [() => log("something else"), "something else"]);
live("the log groups", () => "#/logs", group, [() => logs.send(new CreateLogGroupCommand({ logGroupName: "/live/second" })), "/live/second"]);
live("a log group", () => at("logs", group), "ExecutionSucceeded", [() => log("a line that came later"), "a line that came later"]);
live("the activities", () => "#/activities", "No activities", [() => sfn.send(new CreateActivityCommand({ name: "by-hand" })), "by-hand"]);
live("the stacks", () => "#/stacks", "No stacks", [async () => {
  made.stack = (await cloudformation.send(new CreateStackCommand({ StackName: "small", TemplateBody: JSON.stringify({ Resources: { News: { Type: "AWS::SNS::Topic" } } }) }))).StackId;
}, "small", "CREATE_COMPLETE"]);
live("a stack", () => `#/stacks/stackinfo?stackId=${encodeURIComponent(made.stack)}`, "CREATE_COMPLETE", [() => cloudformation.send(new DeleteStackCommand({ StackName: "small" })), "DELETE_COMPLETE"]);
live("the topics", () => "#/topics", "first-topic", [() => sns.send(new CreateTopicCommand({ Name: "second-topic" })), "second-topic"]);
live("a topic", () => at("topics", made.topic), "No subscriptions", [() => sns.send(new SubscribeCommand({ TopicArn: made.topic, Protocol: "email", Endpoint: "a@b.example" })), "a@b.example"], [() => sns.send(new PublishCommand({ TopicArn: made.topic, Message: "good news" })), "good news"]);
live("the queues", () => "#/queues", "first-queue", [() => sqs.send(new SendMessageCommand({ QueueUrl: made.queue, MessageBody: "m" })), inRow("first-queue", "1")], [() => sqs.send(new CreateQueueCommand({ QueueName: "second-queue" })), "second-queue"]);
const available = (count) => () => page.locator("dl, div").filter({ hasText: /^Messages available/ }).getByText(String(count), { exact: true }).first().waitFor();
live("a queue", () => at("queues", made.queue), "Messages available", [() => sqs.send(new SendMessageCommand({ QueueUrl: made.queue, MessageBody: "m" })), available(2)]);
live("the rules", () => "#/rules", "first-rule", [() => events.send(new PutRuleCommand({ Name: "second-rule", EventPattern: '{"source":["y"]}' })), "second-rule"]);
live("a rule", () => at("rules", "first-rule"), "Enabled", [() => events.send(new DisableRuleCommand({ Name: "first-rule" })), "Disabled"]);
live("a Map Run", () => at("map-runs", made.mapRun), "1 of 2 items processed", [() => server.aws("stepfunctions", "stop-execution", "--execution-arn", made.mapsExecution), "Aborted"]);
live("the access decisions", () => "#/decisions", "Access decisions", [async () => {
  const machine = await create("publishes", { StartAt: "Say", States: { Say: { Type: "Task", Resource: "arn:aws:states:::sns:publish", Parameters: { TopicArn: made.topic, Message: "m" }, End: true } } }, { roleArn: "arn:aws:iam::000000000000:role/may-nothing" });
  await start(machine, "denied");
}, "may-nothing", "sns:Publish"]);
live("the clusters", () => "#/ecs", "first-cluster", [() => ecs.send(new CreateClusterCommand({ clusterName: "second-cluster" })), "second-cluster"]);
live("a cluster", () => at("ecs", "clusters", "first-cluster"), "No tasks", [async () => {
  const { tasks } = await ecs.send(new RunTaskCommand({ cluster: "first-cluster", taskDefinition: "talks", launchType: "FARGATE", networkConfiguration: { awsvpcConfiguration: { subnets: [made.subnet] } } }));
  made.task = tasks[0].taskArn.split("/").at(-1);
}, inRow(/talks/, "Running")]);

test("a task's page has each line of its container as it is printed, for two small questions a line, and sees its end", async () => {
  await browser.go(at("ecs", "clusters", "first-cluster", "tasks", made.task));
  await seen(/^said-1$/);
  const lines = async () => Number((await page.getByRole("log").locator("div").last().innerText()).slice("said-".length));
  await settled();
  const from = { asked: asked.length, lines: await lines() };
  const to = await until(lines, (count) => count >= from.lines + 3);
  assert.ok(asked.length - from.asked <= 2 * (to + 1 - from.lines), asked.slice(from.asked).join("\n"));
  await ecs.send(new StopTaskCommand({ cluster: "first-cluster", task: made.task }));
  await seen("UserInitiated");
  await asksNothing();
});

test("a tab that nobody looks at holds no connection, and shows what it missed when somebody does", async () => {
  const turn = (state) => page.evaluate((now) => {
    Object.defineProperty(document, "visibilityState", { value: now, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
  await browser.go("#/topics");
  await seen("second-topic");
  await settled();
  assert.equal(streams.size, 1, "one stream for the whole page");
  await turn("hidden");
  await until(async () => streams.size, (count) => count === 0);
  const from = asked.length;
  await sns.send(new CreateTopicCommand({ Name: "unseen-topic" }));
  await settled();
  assert.deepEqual(asked.slice(from), []);
  await turn("visible");
  await seen("unseen-topic");
  assert.equal(streams.size, 1);
});

test("after the server died, the page goes on by itself", async () => {
  await server.crashAndRestart();
  await sns.send(new CreateTopicCommand({ Name: "later-topic" }));
  await seen("later-topic");
  await until(async () => streams.size, (count) => count === 1);
  await asksNothing();
});

test("metrics are shown when there are some, on a page that was opened before", async () => {
  await measured.getByText(/\d started/).first().waitFor({ timeout: 90_000 });
});

test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
