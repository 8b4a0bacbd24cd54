// What tasks call: callbacks of every integration that has them, AWS SDK integrations of native services, services that live
// elsewhere (retries, time limits, kept connections), and what the world is told of executions.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import * as S from "@aws-sdk/client-sfn";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { World, pass, refused, states, unique } from "../lib/states.mjs";
import { until } from "../lib/server.mjs";

// A server that stands for services elsewhere: DynamoDB, ECS, Lambda, an API. What it answers, a test says.
class Elsewhere {
  seen = [];
  connections = 0;
  answer = () => ({ body: {} });
  static async start() {
    const one = new Elsewhere();
    one.server = createServer((request, response) => {
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const asked = { url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() };
        one.seen.push(asked);
        const answer = one.answer(asked, one.seen.length);
        if (answer) response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers }).end(JSON.stringify(answer.body));
      });
    });
    one.server.on("connection", () => ++one.connections);
    await new Promise((resolve) => one.server.listen(0, "127.0.0.1", resolve));
    one.url = `http://127.0.0.1:${one.server.address().port}`;
    return one;
  }
  begin(answer) {
    this.seen = [];
    this.answer = answer;
  }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let world, elsewhere, sqs, sns, events;
before(async () => {
  elsewhere = await Elsewhere.start();
  const upstream = ["dynamodb", "lambda", "ecs"].flatMap((service) => ["--upstream", `${service}=${elsewhere.url}`]);
  world = await World.start({ flags: ["--in-memory", "--runtime", "none", ...upstream] });
  [sqs, sns, events] = [SQSClient, SNSClient, EventBridgeClient].map((Client) => world.client(Client));
});
after(async () => {
  elsewhere.stop();
  await world.server.stop();
});

const call = (operation, input) => world.send(new S[`${operation}Command`](input));
const task = (Resource, Parameters, more = {}) => states({ T: { Type: "Task", Resource: `arn:aws:states:::${Resource}`, Parameters, End: true, ...more } });
const types = (list) => list.map((e) => e.type);

async function queue() {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: unique("q") }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: Attributes.QueueArn }] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  return { url: QueueUrl, arn: Attributes.QueueArn };
}
const received = (QueueUrl) =>
  until(async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))).Messages?.[0].Body, (body) => body !== undefined);

// By integration: its parameters with the token in them, and where the token arrives.
const lambda = () => elsewhere.begin(() => ({ headers: { "x-amz-executed-version": "$LATEST" }, body: null }));
const asked = () => until(async () => elsewhere.seen[0], (request) => request !== undefined);
const callbacks = {
  "sqs:sendMessage": async () => {
    const { url } = await queue();
    return [{ QueueUrl: url, MessageBody: { "token.$": "$$.Task.Token" } }, async () => JSON.parse(await received(url)).token];
  },
  "aws-sdk:sqs:sendMessage": async () => {
    const { url } = await queue();
    return [{ QueueUrl: url, "MessageBody.$": "$$.Task.Token" }, () => received(url)];
  },
  "sns:publish": async () => {
    const { url, arn } = await queue();
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: unique("t") }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn }));
    return [{ TopicArn, Message: { "token.$": "$$.Task.Token" } }, async () => JSON.parse(JSON.parse(await received(url)).Message).token];
  },
  "events:putEvents": async () => {
    const { url, arn } = await queue();
    const source = unique("source");
    await events.send(new PutRuleCommand({ Name: source, EventPattern: JSON.stringify({ source: [source] }) }));
    await events.send(new PutTargetsCommand({ Rule: source, Targets: [{ Id: "q", Arn: arn }] }));
    return [{ Entries: [{ Source: source, DetailType: "d", Detail: { "token.$": "$$.Task.Token" } }] }, async () => JSON.parse(await received(url)).detail.token];
  },
  "states:startExecution": async () => {
    const child = await world.machine(states({ W: { Type: "Wait", Seconds: 300, End: true } }));
    return [
      { StateMachineArn: child, Input: { "token.$": "$$.Task.Token" } },
      async () => {
        const { executions } = await until(() => call("ListExecutions", { stateMachineArn: child }), (l) => l.executions.length > 0);
        return JSON.parse((await world.describe(executions[0].executionArn)).input).token;
      },
    ];
  },
  "lambda:invoke": async () => {
    lambda();
    return [{ FunctionName: "f", Payload: { "token.$": "$$.Task.Token" } }, async () => JSON.parse((await asked()).body).token];
  },
  "apigateway:invoke": async () => {
    elsewhere.begin(() => ({ body: { ok: true } }));
    return [{ ApiEndpoint: elsewhere.url, Method: "POST", Path: "p", RequestBody: { "token.$": "$$.Task.Token" } }, async () => JSON.parse((await asked()).body).token];
  },
  "ecs:runTask": async () => {
    elsewhere.begin(() => ({ body: { failures: [], tasks: [{ taskArn: "arn:aws:ecs:us-east-1:000000000000:task/c/1", lastStatus: "PROVISIONING" }] } }));
    const Environment = [{ Name: "TOKEN", "Value.$": "$$.Task.Token" }];
    return [
      { TaskDefinition: "d", LaunchType: "FARGATE", Overrides: { ContainerOverrides: [{ Name: "c", Environment }] } },
      async () => JSON.parse((await asked()).body).overrides.containerOverrides[0].environment[0].value,
    ];
  },
};

for (const [integration, prepare] of Object.entries(callbacks)) {
  test(`${integration}.waitForTaskToken: the token arrives, and who has it ends the task`, async () => {
    const [parameters, arrived] = await prepare();
    const machine = await world.machine(task(`${integration}.waitForTaskToken`, parameters));
    const execution = await world.start(machine);
    const taskToken = await arrived();
    await until(() => world.history(execution), (list) => types(list).includes("TaskSubmitted"));
    await call("SendTaskHeartbeat", { taskToken });
    await call("SendTaskSuccess", { taskToken, output: '{"called":"back"}' });
    const ended = await world.finished(execution);
    assert.deepEqual([ended.status, ended.output], ["SUCCEEDED", '{"called":"back"}'], ended.cause);
    const list = await world.history(execution);
    assert.deepEqual(types(list), ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded"]);
    assert.equal(list[2].taskScheduledEventDetails.resource, `${integration.split(":").at(-1)}.waitForTaskToken`);
    await refused(call("SendTaskSuccess", { taskToken, output: "1" }), "TaskTimedOut");
    // Express executions wait for nobody.
    await refused(world.machine(task(`${integration}.waitForTaskToken`, parameters), { type: "EXPRESS" }), "InvalidDefinition");
  });
}

test("a callback in JSONata, answered with a failure", async () => {
  const { url } = await queue();
  const machine = states({ T: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken", Arguments: { QueueUrl: url, MessageBody: "{% $states.context.Task.Token %}" }, End: true } }, { QueryLanguage: "JSONata" });
  const execution = await world.start(await world.machine(machine));
  await call("SendTaskFailure", { taskToken: await received(url), error: "Theirs", cause: "why" });
  const ended = await world.finished(execution);
  assert.deepEqual([ended.status, ended.error, ended.cause], ["FAILED", "Theirs", "why"]);
});

test("a callback that stays silent, or comes too late, is over: its token is worth nothing", async () => {
  for (const [limits, name] of [[{ HeartbeatSeconds: 1, TimeoutSeconds: 60 }, "silent"], [{ TimeoutSeconds: 1 }, "late"]]) {
    const { url } = await queue();
    const caught = { Catch: [{ ErrorEquals: ["States.Timeout"], Next: "C" }] };
    const definition = task("sqs:sendMessage.waitForTaskToken", { QueueUrl: url, "MessageBody.$": "$$.Task.Token" }, { ...limits, ...caught });
    definition.States.C = pass();
    const execution = await world.start(await world.machine(definition));
    const taskToken = await received(url);
    const ended = await world.finished(execution);
    assert.equal(ended.status, "SUCCEEDED", name);
    const timedOut = (await world.history(execution)).find((e) => e.type === "TaskTimedOut");
    assert.equal(timedOut.taskTimedOutEventDetails.error, "States.Timeout");
    for (const operation of ["SendTaskHeartbeat", "SendTaskFailure"]) await refused(call(operation, { taskToken }), "TaskTimedOut");
  }
});

// AWS SDK integrations: parameters and results in Pascal case, errors under the service's own prefix.
const one = (service, action, parameters, want) => ({ service, action, parameters, want });
const sdk = [
  one("sns", "createTopic", { Name: "t" }, { TopicArn: "arn:aws:sns:us-east-1:000000000000:t" }),
  one("sns", "publish", { TopicArn: "arn:aws:sns:us-east-1:000000000000:none", Message: "x" }, ["Sns.NotFoundException", "Topic does not exist", 404]),
  one("sqs", "listQueues", { QueueNamePrefix: "none" }, {}),
  one("sqs", "getQueueUrl", { QueueName: "none" }, ["Sqs.QueueDoesNotExistException", "The specified queue does not exist.", 400]),
  one("sfn", "listActivities", {}, { Activities: [] }),
  one("sfn", "describeExecution", { ExecutionArn: "x" }, ["Sfn.InvalidArnException", "Invalid Arn: 'Invalid ARN prefix: x'", 400]),
  one("sfn", "sendTaskSuccess", { TaskToken: "x", Output: { a: 1 } }, ["Sfn.InvalidTokenException", "Invalid Token: 'Invalid token'", 400]),
  one("eventbridge", "listRules", { NamePrefix: "none" }, { Rules: [] }),
  one("eventbridge", "describeRule", { Name: "none" }, ["EventBridge.ResourceNotFoundException", "Rule none does not exist on EventBus default.", 400]),
  one("cloudwatchlogs", "createLogGroup", { LogGroupName: "g" }, {}),
  one("cloudwatchlogs", "createLogGroup", { LogGroupName: "g" }, ["CloudWatchLogs.ResourceAlreadyExistsException", "The specified log group already exists", 400]),
  one("cloudwatch", "listMetrics", { Namespace: "None" }, { Metrics: [] }),
  one("iam", "listGroups", {}, { Groups: [], IsTruncated: false }),
  one("iam", "getRole", { RoleName: "none" }, ["Iam.NoSuchEntityException", "The role with name none cannot be found.", 404]),
  one("cloudformation", "listStacks", {}, { StackSummaries: [] }),
  one("cloudformation", "describeStacks", { StackName: "none" }, ["CloudFormation.CloudFormationException", "Stack with id none does not exist", 400]),
  one("ec2", "describeSubnets", { SubnetIds: ["subnet-00000000"] }, ["Ec2.Ec2Exception", "The subnet ID 'subnet-00000000' does not exist", 400]),
];

test("AWS SDK integrations of native services: names, results, errors and causes", async () => {
  for (const { service, action, parameters, want } of sdk) {
    const what = `${service}:${action}`;
    const execution = await world.start(await world.machine(task(`aws-sdk:${what}`, parameters)));
    const ended = await world.finished(execution);
    const scheduled = (await world.history(execution)).find((e) => e.type === "TaskScheduled").taskScheduledEventDetails;
    assert.deepEqual([scheduled.resourceType, scheduled.resource], [`aws-sdk:${service}`, action]);
    if (!Array.isArray(want)) {
      assert.equal(ended.status, "SUCCEEDED", `${what}: ${ended.cause}`);
      assert.deepEqual(JSON.parse(ended.output), want, what);
      continue;
    }
    const [error, message, status] = want;
    assert.equal(ended.error, error, what);
    const cause = `${message} (Service: ${error.split(".")[0]}, Status Code: ${status}, Request ID: ID) (SDK Attempt Count: 1)`;
    assert.equal(ended.cause.replace(/Request ID: [0-9a-f-]{36}/, "Request ID: ID"), cause, what);
  }
});

test("parameters that an operation does not have, or that are missing, fail the state in AWS's words", async () => {
  const { error, cause } = await world.run(task("aws-sdk:sns:createTopic", { name: "t" }));
  assert.equal(error, "States.Runtime");
  assert.match(cause, /The Parameters '\{"name":"t"\}' could not be used to start the Task: \[The field 'name' is not supported by Step Functions, The field "Name" is required but was missing\]$/);
});

const get = (more) => task("dynamodb:getItem", { TableName: "t", Key: { id: { S: "1" } } }, more);
const failure = (status, type, message = "m") => ({ status, body: { __type: type, message } });

test("a call of a service elsewhere is tried three times when it fails there, and not when the caller is wrong", async () => {
  elsewhere.begin((_, count) => (count < 3 ? failure(500, "InternalServerError") : { body: { Item: { id: { S: "1" } } } }));
  const recovered = await world.run(get());
  assert.equal(recovered.status, "SUCCEEDED", recovered.cause);
  assert.deepEqual(JSON.parse(recovered.output).Item, { id: { S: "1" } });
  assert.equal(elsewhere.seen.length, 3);
  const signatures = elsewhere.seen.map((s) => s.headers.authorization);
  assert.ok(signatures.every((s) => s.startsWith("AWS4-HMAC-SHA256 ")), "each attempt is signed");

  elsewhere.begin(() => failure(503, "ServiceUnavailable"));
  const lost = await world.run(task("aws-sdk:dynamodb:listTables", {}));
  assert.equal(elsewhere.seen.length, 3);
  assert.match(lost.error, /^DynamoDb\./);
  assert.match(lost.cause, /\(Service: DynamoDb, Status Code: 503, Request ID: [^)]+\) \(SDK Attempt Count: 3\)$/);

  elsewhere.begin((_, count) => (count === 1 ? failure(400, "ThrottlingException", "Rate exceeded") : { body: {} }));
  assert.equal((await world.run(get())).status, "SUCCEEDED");

  elsewhere.begin(() => failure(400, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "Requested resource not found"));
  const wrong = await world.run(get());
  assert.equal(elsewhere.seen.length, 1);
  assert.equal(wrong.error, "DynamoDB.ResourceNotFoundException");
  assert.match(wrong.cause, /^Requested resource not found \(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: [^;]+; Proxy: null\)$/);
});

test("calls of a service elsewhere keep their connection", async () => {
  elsewhere.begin(() => ({ body: {} }));
  await world.run(get());
  const before = elsewhere.connections;
  for (let i = 0; i < 20; ++i) assert.equal((await world.run(get())).status, "SUCCEEDED");
  assert.equal(elsewhere.seen.length, 21);
  assert.ok(elsewhere.connections - before <= 1, `${elsewhere.connections - before} more connections for 20 calls`);
});

test("a service that never answers holds a state no longer than its time limit", async () => {
  elsewhere.begin(() => undefined);
  const ended = await world.run(get({ TimeoutSeconds: 1 }));
  assert.deepEqual([ended.status, ended.error], ["FAILED", "States.Timeout"]);
  assert.equal(elsewhere.seen.length, 1);
});

test("a service that cannot be reached is an error of its client", async () => {
  const nowhere = await World.start({ flags: ["--in-memory", "--runtime", "none", "--upstream", "dynamodb=http://127.0.0.1:1"] });
  try {
    const ended = await nowhere.run(task("aws-sdk:dynamodb:listTables", {}));
    assert.equal(ended.error, "DynamoDb.SdkClientException");
    assert.match(ended.cause, /^Unable to execute HTTP request: /);
  } finally {
    await nowhere.server.stop();
  }
});

test("EventBridge hears of every start and end of a Standard execution, and of no Express one", async () => {
  const { url, arn } = await queue();
  const failing = await world.machine(states({ C: { Type: "Choice", Choices: [{ Variable: "$.how", StringEquals: "fail", Next: "F" }, { Variable: "$.how", StringEquals: "wait", Next: "W" }], Default: "S" }, F: { Type: "Fail", Error: "E", Cause: "C" }, W: { Type: "Wait", Seconds: 300, End: true }, S: { Type: "Succeed" } }));
  const express = await world.machine(states({ A: pass() }), { type: "EXPRESS" });
  const limited = await world.machine(states({ W: { Type: "Wait", Seconds: 300, End: true } }, { TimeoutSeconds: 1 }));
  await events.send(new PutRuleCommand({ Name: "status", EventPattern: JSON.stringify({ source: ["aws.states"], "detail-type": ["Step Functions Execution Status Change"], detail: { stateMachineArn: [failing, express, limited] } }) }));
  await events.send(new PutTargetsCommand({ Rule: "status", Targets: [{ Id: "q", Arn: arn }] }));
  await call("StartSyncExecution", { stateMachineArn: express });
  const begun = {};
  for (const how of ["succeed", "fail", "wait"]) begun[how] = await world.start(failing, { how });
  begun.limited = await world.start(limited);
  await call("StopExecution", { executionArn: begun.wait, error: "Stopped", cause: "by hand" });
  const heard = [];
  await until(
    async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 }));
      heard.push(...Messages.map((m) => JSON.parse(m.Body)));
      return heard;
    },
    (list) => list.length >= 8,
  );
  const of = (executionArn) => heard.filter((e) => e.detail.executionArn === executionArn);
  for (const [how, status] of [["succeed", "SUCCEEDED"], ["fail", "FAILED"], ["wait", "ABORTED"], ["limited", "TIMED_OUT"]]) {
    const told = of(begun[how]);
    assert.deepEqual(told.map((e) => e.detail.status).sort(), ["RUNNING", status].sort(), how);
    for (const event of told) {
      assert.deepEqual([event.source, event["detail-type"], event.resources, event.account, event.region], ["aws.states", "Step Functions Execution Status Change", [begun[how]], "000000000000", "us-east-1"]);
    }
    const { detail } = told.find((e) => e.detail.status === status);
    const shown = await world.describe(begun[how]);
    assert.deepEqual([detail.stateMachineArn, detail.name, detail.input, detail.inputDetails], [shown.stateMachineArn, shown.name, shown.input, { included: true }]);
    assert.deepEqual([detail.startDate, detail.stopDate], [shown.startDate.getTime(), shown.stopDate.getTime()]);
    if (how === "succeed") assert.equal(detail.output, shown.output);
    if (how === "fail") assert.deepEqual([detail.error, detail.cause], ["E", "C"]);
    if (how === "wait") assert.deepEqual([detail.error, detail.cause], ["Stopped", "by hand"]);
    const running = told.find((e) => e.detail.status === "RUNNING").detail;
    assert.deepEqual([running.stopDate, running.output, running.error], [null, null, null]);
  }
  assert.equal(heard.length, 8, "none of the Express execution");
});

test("the X-Ray header goes on to child executions and to services elsewhere", async () => {
  const traceHeader = "Root=1-67891233-abcdef012345678912345678;Sampled=1";
  elsewhere.begin(() => ({ body: {} }));
  const child = await world.machine(get());
  const parent = await world.machine(task("states:startExecution.sync:2", { StateMachineArn: child }));
  const executionArn = await world.start(parent, {}, { traceHeader });
  const ended = await world.finished(executionArn);
  assert.equal(ended.status, "SUCCEEDED", ended.cause);
  const { executions } = await call("ListExecutions", { stateMachineArn: child });
  assert.equal((await world.describe(executions[0].executionArn)).traceHeader, traceHeader);
  assert.equal(elsewhere.seen[0].headers["x-amzn-trace-id"], traceHeader);
});
