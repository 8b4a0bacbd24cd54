// Every page that the guide does not come by, with something on it: it opens from its address, says what is there, and keeps
// WCAG 2.2 AA in light and dark.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, CreateLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateActivityCommand, CreateStateMachineAliasCommand, CreateStateMachineCommand, DescribeExecutionCommand, ListMapRunsCommand, PublishStateMachineVersionCommand, SFNClient, StartExecutionCommand, TagResourceCommand } from "@aws-sdk/client-sfn";
import { CreateTopicCommand, SNSClient } from "@aws-sdk/client-sns";
import { CreateQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { Server, until } from "../e2e/lib/server.mjs";
import { Browser } from "./browser.mjs";

const roleArn = "arn:aws:iam::000000000000:role/any", group = "/aws/vendedlogs/states/quick";
const made = {};
let server, browser, page, sfn;
const inaccessible = [];

const run = async (stateMachineArn, name, input = "{}") => {
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input }));
  await until(() => sfn.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING");
  return executionArn;
};
const create = async (name, definition, more = {}) => (await sfn.send(new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition), ...more }))).stateMachineArn;

before(async () => {
  server = await Server.start({ auth: "audit", flags: ["--runtime", "none"] });
  sfn = new SFNClient(server.client());
  made.order = await create("order", {
    StartAt: "In stock?",
    States: {
      "In stock?": { Type: "Choice", Choices: [{ Variable: "$.items", IsPresent: true, Next: "Ship and bill" }], Default: "Out of stock" },
      "Ship and bill": { Type: "Parallel", Branches: [{ StartAt: "Ship", States: { Ship: { Type: "Pass", End: true } } }, { StartAt: "Bill", States: { Bill: { Type: "Pass", End: true } } }], End: true },
      "Out of stock": { Type: "Fail", Error: "OutOfStock", Cause: "nothing is left" },
    },
  });
  made.good = await run(made.order, "good", '{"items":[1]}');
  made.bad = await run(made.order, "bad");
  const version = (await sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: made.order }))).stateMachineVersionArn;
  await sfn.send(new CreateStateMachineAliasCommand({ name: "PROD", routingConfiguration: [{ stateMachineVersionArn: version, weight: 100 }] }));
  await sfn.send(new TagResourceCommand({ resourceArn: made.order, tags: [{ key: "team", value: "shop" }] }));
  made.batch = await run(await create("batch", { StartAt: "All", States: { All: { Type: "Map", Label: "All", ToleratedFailurePercentage: 50, ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "One", States: { One: { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: 3, Next: "No" }], Default: "Yes" }, Yes: { Type: "Pass", End: true }, No: { Type: "Fail", Error: "Three" } } }, End: true } } }), "one", "[1,2,3,4]");
  made.mapRun = (await sfn.send(new ListMapRunsCommand({ executionArn: made.batch }))).mapRuns[0].mapRunArn;
  await new CloudWatchLogsClient(server.client()).send(new CreateLogGroupCommand({ logGroupName: group }));
  made.quick = await create("quick", { StartAt: "A", States: { A: { Type: "Pass", End: true } } }, { type: "EXPRESS", loggingConfiguration: { level: "ALL", includeExecutionData: true, destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: `arn:aws:logs:us-east-1:000000000000:log-group:${group}:*` } }] } });
  await sfn.send(new StartExecutionCommand({ stateMachineArn: made.quick, name: "hello" }));
  await sfn.send(new CreateActivityCommand({ name: "by-hand" }));
  made.topic = (await new SNSClient(server.client()).send(new CreateTopicCommand({ Name: "news" }))).TopicArn;
  made.queue = (await new SQSClient(server.client()).send(new CreateQueueCommand({ QueueName: "heard" }))).QueueUrl;
  const events = new EventBridgeClient(server.client());
  await events.send(new PutRuleCommand({ Name: "stopped", EventPattern: '{"source":["aws.ecs"]}' }));
  await events.send(new PutTargetsCommand({ Rule: "stopped", Targets: [{ Id: "machine", Arn: made.order, RoleArn: roleArn }] }));
  const cloudformation = new CloudFormationClient(server.client());
  made.stack = (await cloudformation.send(new CreateStackCommand({ StackName: "small", Parameters: [{ ParameterKey: "Colour", ParameterValue: "blue" }], TemplateBody: JSON.stringify({ Parameters: { Colour: { Type: "String" } }, Resources: { News: { Type: "AWS::SNS::Topic" }, Cluster: { Type: "AWS::ECS::Cluster", Properties: { ClusterName: "small" } } } }) }))).StackId;
  await until(async () => (await cloudformation.send(new DescribeStacksCommand({ StackName: "small" }))).Stacks[0].StackStatus, (s) => s === "CREATE_COMPLETE");
  browser = await Browser.open(server.url);
  page = browser.page;
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const at = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;
const look = (name, hash, ...texts) =>
  test(`${name} shows what there is`, async () => {
    await browser.go(hash());
    for (const text of texts) await page.getByText(text).first().waitFor();
    await browser.shot(`6-${name.replaceAll(" ", "-")}`);
    inaccessible.push(...(await browser.violationsInBothModes(`6-${name.replaceAll(" ", "-")}`)).map((v) => `${name}: ${v}`));
  });

look("the list of state machines", () => "#/statemachines", "order", "batch", "quick");
look("a state machine's executions", () => at("statemachines", "view", made.order), "good", "bad", "Succeeded");
look("its logging", () => `${at("statemachines", "view", made.quick)}?tab=logging`, group, "ExecutionSucceeded");
look("an Express one's executions", () => at("statemachines", "view", made.quick), "hello", "Succeeded");
look("its definition", () => `${at("statemachines", "view", made.order)}?tab=definition`, "Ship and bill");
look("its aliases", () => `${at("statemachines", "view", made.order)}?tab=aliases`, "PROD", "100 %");
look("its versions", () => `${at("statemachines", "view", made.order)}?tab=versions`, "Publish version", /stateMachine:order:1/);
look("its tags", () => `${at("statemachines", "view", made.order)}?tab=tags`, "team");
look("a failed execution", () => at("v2", "executions", "details", made.bad), "OutOfStock", "nothing is left");
look("a Map Run", () => at("map-runs", made.mapRun), "4 of 4 items processed", "Tolerated failure threshold");
look("a comparison", () => `#/executions/compare?a=${encodeURIComponent(made.good)}&b=${encodeURIComponent(made.bad)}`, "Out of stock");
look("a new execution", () => at("executions", "start", made.order), "Start execution");
look("how a state machine is created", () => "#/statemachines/create", "Choose how to begin");
look("the sample projects", () => "#/sample-projects", "Manage a container task");
look("the activities", () => "#/activities", "by-hand");
look("the import", () => "#/executions/import", "It is read in this browser and sent nowhere.");
look("the stacks", () => "#/stacks", "CREATE_COMPLETE");
look("a stack's parameters", () => `#/stacks/stackinfo?stackId=${encodeURIComponent(made.stack)}&tab=parameters`, "Colour", "blue");
look("a stack's events", () => `#/stacks/stackinfo?stackId=${encodeURIComponent(made.stack)}`, "AWS::SNS::Topic");
look("the clusters", () => "#/ecs", "small");
look("a cluster", () => "#/ecs/clusters/small", "Cluster overview", "No tasks");
look("the topics", () => "#/topics", "news");
look("a topic", () => at("topics", made.topic), "No subscriptions");
look("the queues", () => "#/queues", "heard");
look("a queue", () => at("queues", made.queue), "Poll for messages");
look("the rules", () => "#/rules", "stopped");
look("a rule", () => "#/rules/stopped", "Would this event fit?");
look("the log groups", () => "#/logs", group);
look("a log group", () => at("logs", group), "ExecutionSucceeded", "Live tail");
look("the access decisions", () => "#/decisions", "Would be denied", "no identity-based policy");

test("every page keeps WCAG 2.2 AA, in light and dark", () => assert.deepEqual(inaccessible, []));
test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
