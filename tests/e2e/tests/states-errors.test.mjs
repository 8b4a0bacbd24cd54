// Every operation of Step Functions and every error that AWS's model documents for it: each is provoked here, or it is
// said why this server never answers it.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import * as S from "@aws-sdk/client-sfn";
import { sanitized } from "../lib/footprint.mjs";
import { World, pass, refused, role, states, unique } from "../lib/states.mjs";

const model = JSON.parse(readFileSync(new URL("../../../models/states.json", import.meta.url)));
const call = (operation, input, client = world) => client.send(new S[`${operation}Command`](input));
const text = (definition) => JSON.stringify(definition);
const good = text(states({ A: pass() }));
const wait = states({ W: { Type: "Wait", Seconds: 86400, End: true } });
const nonsense = "nonsense";
const kms = { encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY" } };
const tags = (n) => Array.from({ length: n }, (_, i) => ({ key: `k${i}`, value: "v" }));
const logging = { loggingConfiguration: { level: "ALL", destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:none:*" } }] } };
const create = (more) => call("CreateStateMachine", { name: unique(), definition: good, roleArn: role, ...more });
const update = (more) => call("UpdateStateMachine", { stateMachineArn: at.machine, ...more });

let world;
const at = {}; // what the calls are about
before(async () => {
  world = await World.start();
  at.machine = await world.machine(states({ A: pass() }));
  at.express = await world.machine(states({ A: pass() }), { type: "EXPRESS" });
  at.unknown = at.machine + "-unknown";
  const started = await call("StartExecution", { stateMachineArn: at.machine, name: "once", input: "{}" });
  at.done = started.executionArn;
  await world.finished(at.done);
  at.noExecution = at.done + "-unknown";
  at.deleting = await world.machine(wait);
  at.version = (await call("PublishStateMachineVersion", { stateMachineArn: at.deleting })).stateMachineVersionArn;
  at.aliasOfDeleting = (await call("CreateStateMachineAlias", { name: "live", routingConfiguration: [{ stateMachineVersionArn: at.version, weight: 100 }] })).stateMachineAliasArn;
  at.running = await world.start(at.deleting);
  await call("DeleteStateMachine", { stateMachineArn: at.deleting });
  // A machine with a version and an alias.
  at.published = (await call("PublishStateMachineVersion", { stateMachineArn: at.machine })).stateMachineVersionArn;
  at.alias = (await call("CreateStateMachineAlias", { name: "a", routingConfiguration: [{ stateMachineVersionArn: at.published, weight: 100 }] })).stateMachineAliasArn;
  // A map run, over.
  const map = { Type: "Map", End: true, Label: "l", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, ...states({ A: pass() }) } };
  at.mapped = await world.start(await world.machine(states({ M: map })), [1]);
  await world.finished(at.mapped);
  at.mapRun = (await call("ListMapRuns", { executionArn: at.mapped })).mapRuns[0].mapRunArn;
  at.labelled = (await call("ListMapRuns", { executionArn: at.mapped })).mapRuns[0].stateMachineArn;
  // Tokens: of a task that was answered, of one that timed out.
  at.activity = (await call("CreateActivity", { name: unique("act") })).activityArn;
  const task = await world.machine(states({ T: { Type: "Task", Resource: at.activity, TimeoutSeconds: 1, End: true } }));
  const late = await world.start(task);
  at.lateToken = (await call("GetActivityTask", { activityArn: at.activity })).taskToken;
  await world.finished(late);
});
after(() => world.server.stop());

const alias = (more) => call("CreateStateMachineAlias", { name: unique("alias"), routingConfiguration: [{ stateMachineVersionArn: at.published, weight: 100 }], ...more });
const routed = (stateMachineVersionArn, weight = 100) => ({ routingConfiguration: [{ stateMachineVersionArn, weight }] });
// A server whose quota is one open execution, which is taken.
async function full(t, then) {
  const small = await World.start({ flags: ["--in-memory", "--runtime", "none", "--max-open-executions", "1"] });
  try {
    const failing = await small.machine(states({ F: { Type: "Fail", Error: "E" } }));
    const failed = await small.start(failing);
    await small.finished(failed);
    const machine = await small.machine(wait);
    await small.start(machine);
    return await then(small, machine, failed);
  } finally {
    await small.server.stop();
  }
}

// By operation and error: the call that is refused so.
const provoked = {
  CreateActivity: {
    ActivityAlreadyExists: () => call("CreateActivity", { name: at.activity.split(":").at(-1), encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: "k" } }),
    InvalidName: () => call("CreateActivity", { name: "a b" }),
    TooManyTags: () => call("CreateActivity", { name: unique(), tags: tags(51) }),
    InvalidEncryptionConfiguration: () => call("CreateActivity", { name: unique(), ...kms }),
  },
  CreateStateMachine: {
    InvalidArn: () => create({ roleArn: nonsense }),
    InvalidDefinition: () => create({ definition: "{}" }),
    InvalidName: () => create({ name: "a/b" }),
    InvalidLoggingConfiguration: () => create({ loggingConfiguration: { level: "ALL" } }),
    StateMachineAlreadyExists: () => create({ name: at.machine.split(":").at(-1), definition: text(wait) }),
    StateMachineDeleting: () => create({ name: at.deleting.split(":").at(-1), definition: text(wait) }),
    TooManyTags: () => create({ tags: tags(51) }),
    ValidationException: () => create({ versionDescription: "d" }),
    InvalidEncryptionConfiguration: () => create(kms),
  },
  CreateStateMachineAlias: {
    InvalidName: () => alias({ name: "a/b" }),
    ValidationException: () => alias(routed(at.published, 99)),
    StateMachineDeleting: () => alias(routed(at.version)),
    ResourceNotFound: () => alias(routed(`${at.machine}:77`)),
    ConflictException: async () => {
      const other = (await call("UpdateStateMachine", { stateMachineArn: at.machine, definition: text(states({ B: pass() })), publish: true })).stateMachineVersionArn;
      return alias({ name: "a", ...routed(other) });
    },
    ServiceQuotaExceededException: async () => {
      const machine = await world.machine(states({ A: pass() }));
      const version = (await call("PublishStateMachineVersion", { stateMachineArn: machine })).stateMachineVersionArn;
      for (let i = 0; i < 100; ++i) await alias({ name: `alias-${i}`, ...routed(version) });
      return alias({ name: "one-too-many", ...routed(version) });
    },
  },
  DeleteActivity: { InvalidArn: () => call("DeleteActivity", { activityArn: nonsense }) },
  DeleteStateMachine: {
    InvalidArn: () => call("DeleteStateMachine", { stateMachineArn: nonsense }),
    ValidationException: () => call("DeleteStateMachine", { stateMachineArn: at.published }),
  },
  DeleteStateMachineAlias: {
    InvalidArn: () => call("DeleteStateMachineAlias", { stateMachineAliasArn: nonsense }),
    ValidationException: () => call("DeleteStateMachineAlias", { stateMachineAliasArn: "x".repeat(257) }),
  },
  DeleteStateMachineVersion: {
    ValidationException: () => call("DeleteStateMachineVersion", { stateMachineVersionArn: "x".repeat(2001) }),
    InvalidArn: () => call("DeleteStateMachineVersion", { stateMachineVersionArn: nonsense }),
    ConflictException: () => call("DeleteStateMachineVersion", { stateMachineVersionArn: at.published }),
  },
  DescribeActivity: {
    ActivityDoesNotExist: () => call("DescribeActivity", { activityArn: at.activity + "x" }),
    InvalidArn: () => call("DescribeActivity", { activityArn: nonsense }),
  },
  DescribeExecution: {
    ExecutionDoesNotExist: () => call("DescribeExecution", { executionArn: at.noExecution }),
    InvalidArn: () => call("DescribeExecution", { executionArn: nonsense }),
  },
  DescribeMapRun: {
    ResourceNotFound: () => call("DescribeMapRun", { mapRunArn: at.mapRun + "x" }),
    InvalidArn: () => call("DescribeMapRun", { mapRunArn: nonsense }),
  },
  DescribeStateMachine: {
    InvalidArn: () => call("DescribeStateMachine", { stateMachineArn: nonsense }),
    StateMachineDoesNotExist: () => call("DescribeStateMachine", { stateMachineArn: at.unknown }),
  },
  DescribeStateMachineAlias: {
    ValidationException: () => call("DescribeStateMachineAlias", { stateMachineAliasArn: "x".repeat(257) }),
    InvalidArn: () => call("DescribeStateMachineAlias", { stateMachineAliasArn: nonsense }),
    ResourceNotFound: () => call("DescribeStateMachineAlias", { stateMachineAliasArn: at.alias + "x" }),
  },
  DescribeStateMachineForExecution: {
    ExecutionDoesNotExist: () => call("DescribeStateMachineForExecution", { executionArn: at.noExecution }),
    InvalidArn: () => call("DescribeStateMachineForExecution", { executionArn: nonsense }),
  },
  GetActivityTask: {
    ActivityDoesNotExist: () => call("GetActivityTask", { activityArn: at.activity + "x" }),
    ActivityWorkerLimitExceeded: async () => {
      const { activityArn } = await call("CreateActivity", { name: unique("busy") });
      const body = JSON.stringify({ activityArn });
      const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.GetActivityTask", "content-length": body.length };
      const ask = () => {
        const asked = httpRequest(world.server.url, { method: "POST", headers, agent: false });
        asked.on("error", () => {}).end(body);
        return asked;
      };
      // The one who comes after a thousand is told off; the others wait.
      const waiting = Array.from({ length: 1001 }, ask);
      const [answer] = await Promise.race(waiting.map((one) => once(one, "response")));
      const { __type, message } = JSON.parse(Buffer.concat(await answer.toArray()).toString());
      for (const one of waiting) one.destroy();
      throw Object.assign(new Error(message), { name: __type, $metadata: { httpStatusCode: answer.statusCode } });
    },
    InvalidArn: () => call("GetActivityTask", { activityArn: nonsense }),
  },
  GetExecutionHistory: {
    ExecutionDoesNotExist: () => call("GetExecutionHistory", { executionArn: at.noExecution }),
    InvalidArn: () => call("GetExecutionHistory", { executionArn: nonsense }),
    InvalidToken: () => call("GetExecutionHistory", { executionArn: at.done, nextToken: "x" }),
  },
  ListActivities: { InvalidToken: () => call("ListActivities", { nextToken: "x" }) },
  ListExecutions: {
    InvalidArn: () => call("ListExecutions", { stateMachineArn: nonsense }),
    InvalidToken: () => call("ListExecutions", { stateMachineArn: at.machine, nextToken: "x" }),
    StateMachineDoesNotExist: () => call("ListExecutions", { stateMachineArn: at.unknown }),
    StateMachineTypeNotSupported: () => call("ListExecutions", { stateMachineArn: at.express }),
    ValidationException: () => call("ListExecutions", {}),
    ResourceNotFound: () => call("ListExecutions", { mapRunArn: at.mapRun + "x" }),
  },
  ListMapRuns: {
    ExecutionDoesNotExist: () => call("ListMapRuns", { executionArn: at.noExecution }),
    InvalidArn: () => call("ListMapRuns", { executionArn: nonsense }),
    InvalidToken: () => call("ListMapRuns", { executionArn: at.mapped, nextToken: "x" }),
  },
  ListStateMachineAliases: {
    InvalidArn: () => call("ListStateMachineAliases", { stateMachineArn: nonsense }),
    InvalidToken: () => call("ListStateMachineAliases", { stateMachineArn: at.machine, nextToken: "x" }),
    StateMachineDoesNotExist: () => call("ListStateMachineAliases", { stateMachineArn: at.unknown }),
    StateMachineDeleting: () => call("ListStateMachineAliases", { stateMachineArn: at.deleting }),
    ResourceNotFound: () => call("ListStateMachineAliases", { stateMachineArn: `${at.machine}:77` }),
  },
  ListStateMachineVersions: {
    ValidationException: () => call("ListStateMachineVersions", { stateMachineArn: at.machine, maxResults: 1001 }),
    InvalidArn: () => call("ListStateMachineVersions", { stateMachineArn: nonsense }),
    InvalidToken: () => call("ListStateMachineVersions", { stateMachineArn: at.machine, nextToken: "x" }),
  },
  ListStateMachines: { InvalidToken: () => call("ListStateMachines", { nextToken: "x" }) },
  ListTagsForResource: {
    InvalidArn: () => call("ListTagsForResource", { resourceArn: nonsense }),
    ResourceNotFound: () => call("ListTagsForResource", { resourceArn: at.unknown }),
  },
  PublishStateMachineVersion: {
    ValidationException: () => call("PublishStateMachineVersion", { stateMachineArn: at.machine, description: "x".repeat(257) }),
    StateMachineDeleting: () => call("PublishStateMachineVersion", { stateMachineArn: at.deleting }),
    StateMachineDoesNotExist: () => call("PublishStateMachineVersion", { stateMachineArn: at.unknown }),
    ServiceQuotaExceededException: async () => {
      at.full = await thousandVersions();
      await call("UpdateStateMachine", { stateMachineArn: at.full, definition: text(states({ Last: pass() })) });
      return call("PublishStateMachineVersion", { stateMachineArn: at.full });
    },
    ConflictException: () => call("PublishStateMachineVersion", { stateMachineArn: at.machine, revisionId: "another" }),
    InvalidArn: () => call("PublishStateMachineVersion", { stateMachineArn: nonsense }),
  },
  RedriveExecution: {
    ExecutionDoesNotExist: () => call("RedriveExecution", { executionArn: at.noExecution }),
    ExecutionNotRedrivable: () => call("RedriveExecution", { executionArn: at.done }),
    ExecutionLimitExceeded: (t) => full(t, (small, _, failed) => call("RedriveExecution", { executionArn: failed }, small)),
    InvalidArn: () => call("RedriveExecution", { executionArn: nonsense }),
    ValidationException: () => call("RedriveExecution", { executionArn: at.done, clientToken: "x".repeat(65) }),
  },
  SendTaskFailure: {
    InvalidToken: () => call("SendTaskFailure", { taskToken: "x" }),
    TaskTimedOut: () => call("SendTaskFailure", { taskToken: at.lateToken }),
  },
  SendTaskHeartbeat: {
    InvalidToken: () => call("SendTaskHeartbeat", { taskToken: "x" }),
    TaskTimedOut: () => call("SendTaskHeartbeat", { taskToken: at.lateToken }),
  },
  SendTaskSuccess: {
    InvalidOutput: () => call("SendTaskSuccess", { taskToken: at.lateToken, output: "{" }),
    InvalidToken: () => call("SendTaskSuccess", { taskToken: "x", output: "1" }),
    TaskTimedOut: () => call("SendTaskSuccess", { taskToken: at.lateToken, output: "1" }),
  },
  StartExecution: {
    ExecutionLimitExceeded: (t) => full(t, (small, machine) => call("StartExecution", { stateMachineArn: machine }, small)),
    ExecutionAlreadyExists: () => call("StartExecution", { stateMachineArn: at.machine, name: "once", input: "[]" }),
    InvalidArn: () => call("StartExecution", { stateMachineArn: nonsense }),
    InvalidExecutionInput: () => call("StartExecution", { stateMachineArn: at.machine, input: "{" }),
    InvalidName: () => call("StartExecution", { stateMachineArn: at.machine, name: "a b" }),
    StateMachineDoesNotExist: () => call("StartExecution", { stateMachineArn: at.unknown }),
    StateMachineDeleting: () => call("StartExecution", { stateMachineArn: at.deleting }),
    ValidationException: () => call("StartExecution", { stateMachineArn: at.labelled }),
  },
  StartSyncExecution: {
    InvalidArn: () => call("StartSyncExecution", { stateMachineArn: nonsense }),
    InvalidExecutionInput: () => call("StartSyncExecution", { stateMachineArn: at.express, input: "{" }),
    InvalidName: () => call("StartSyncExecution", { stateMachineArn: at.express, name: "a b" }),
    StateMachineDoesNotExist: () => call("StartSyncExecution", { stateMachineArn: at.unknown }),
    StateMachineTypeNotSupported: () => call("StartSyncExecution", { stateMachineArn: at.machine }),
  },
  StopExecution: {
    ExecutionDoesNotExist: () => call("StopExecution", { executionArn: at.noExecution }),
    InvalidArn: () => call("StopExecution", { executionArn: nonsense }),
    ValidationException: () => call("StopExecution", { executionArn: at.done, error: "x".repeat(257) }),
  },
  TagResource: {
    InvalidArn: () => call("TagResource", { resourceArn: nonsense, tags: tags(1) }),
    ResourceNotFound: () => call("TagResource", { resourceArn: at.unknown, tags: tags(1) }),
    TooManyTags: () => call("TagResource", { resourceArn: at.machine, tags: tags(51) }),
  },
  TestState: {
    InvalidArn: () => call("TestState", { definition: text(pass()), roleArn: nonsense }),
    InvalidDefinition: () => call("TestState", { definition: "{}" }),
    InvalidExecutionInput: () => call("TestState", { definition: text(pass()), input: "{" }),
    ValidationException: () => call("TestState", { definition: text({ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", End: true }) }),
  },
  UntagResource: {
    InvalidArn: () => call("UntagResource", { resourceArn: nonsense, tagKeys: ["k"] }),
    ResourceNotFound: () => call("UntagResource", { resourceArn: at.unknown, tagKeys: ["k"] }),
  },
  UpdateMapRun: {
    ResourceNotFound: () => call("UpdateMapRun", { mapRunArn: at.mapRun + "x", maxConcurrency: 1 }),
    InvalidArn: () => call("UpdateMapRun", { mapRunArn: nonsense, maxConcurrency: 1 }),
    ValidationException: () => call("UpdateMapRun", { mapRunArn: at.mapRun, maxConcurrency: 1 }),
  },
  UpdateStateMachine: {
    InvalidArn: () => update({ stateMachineArn: nonsense, definition: good }),
    InvalidDefinition: () => update({ definition: "{}" }),
    InvalidLoggingConfiguration: () => update({ loggingConfiguration: { level: "ALL" } }),
    MissingRequiredParameter: () => update({}),
    StateMachineDeleting: () => update({ stateMachineArn: at.deleting, definition: good }),
    StateMachineDoesNotExist: () => update({ stateMachineArn: at.unknown, definition: good }),
    ServiceQuotaExceededException: async () => update({ stateMachineArn: at.full, definition: text(states({ More: pass() })), publish: true }),
    ValidationException: () => update({ definition: good, versionDescription: "d" }),
    InvalidEncryptionConfiguration: () => update(kms),
  },
  UpdateStateMachineAlias: {
    ValidationException: () => call("UpdateStateMachineAlias", { stateMachineAliasArn: at.alias }),
    InvalidArn: () => call("UpdateStateMachineAlias", { stateMachineAliasArn: nonsense, description: "d" }),
    ResourceNotFound: () => call("UpdateStateMachineAlias", { stateMachineAliasArn: at.alias + "x", description: "d" }),
    StateMachineDeleting: () => call("UpdateStateMachineAlias", { stateMachineAliasArn: at.aliasOfDeleting, description: "d" }),
  },
  ValidateStateMachineDefinition: { ValidationException: () => call("ValidateStateMachineDefinition", { definition: good, type: "OTHER" }) },
};

// What never comes, by error or by operation and error, and why.
const never = {
  KmsAccessDeniedException: "nothing is encrypted, so no key is asked for",
  KmsInvalidStateException: "nothing is encrypted, so no key is asked for",
  KmsThrottlingException: "nothing is encrypted, so no key is asked for",
  ActivityLimitExceeded: "100,000 activities: too many for a test over the wire",
  StateMachineLimitExceeded: "100,000 machines: too many for a test over the wire",
  InvalidTracingConfiguration: "a tracing configuration is a flag alone: there is no invalid one that the model's own checks let through",
  "CreateStateMachineAlias InvalidArn": "what is no version's ARN in a routing is told as ValidationException, as recorded",
  "CreateStateMachine StateMachineTypeNotSupported": "both types are supported everywhere",
  "CreateStateMachine ConflictException": "calls are taken one after the other: none finds another half done",
  "UpdateStateMachine ConflictException": "calls are taken one after the other: none finds another half done",
  "UpdateStateMachineAlias ConflictException": "calls are taken one after the other: none finds another half done",
  "DeleteStateMachineAlias ConflictException": "calls are taken one after the other: none finds another half done",
  "DeleteStateMachineAlias ResourceNotFound": "deleting what is not there succeeds, as recorded",
  "StartSyncExecution StateMachineDeleting": "an Express machine has no executions that its deletion would wait for",
  "SendTaskSuccess TaskDoesNotExist": "a task that is answered or gone is told as TaskTimedOut, as recorded; a token that was never given out is InvalidToken",
  "SendTaskFailure TaskDoesNotExist": "as for SendTaskSuccess",
  "SendTaskHeartbeat TaskDoesNotExist": "as for SendTaskSuccess",
};

// A thousand of them take a sanitized server minutes.
const ofThousandVersions = new Set(["PublishStateMachineVersion ServiceQuotaExceededException", "UpdateStateMachine ServiceQuotaExceededException"]);
async function thousandVersions() {
  const machine = await world.machine(states({ A: pass() }));
  for (let i = 0; i < 1000; ++i) {
    await call("UpdateStateMachine", { stateMachineArn: machine, definition: text(states({ [`S${i}`]: pass() })), publish: true });
  }
  return machine;
}

for (const [operation, { errors = [] }] of Object.entries(model.operations)) {
  test(`${operation}: every documented error`, async (t) => {
    assert.ok(S[`${operation}Command`], "the SDK has the operation");
    const table = provoked[operation] ?? {};
    assert.deepEqual(Object.keys(table).filter((error) => !errors.includes(error)), [], "the model documents what is provoked");
    const failures = [];
    for (const error of errors) {
      const why = never[error] ?? never[`${operation} ${error}`];
      assert.ok(!(why && table[error]), `${error} is provoked and said never to come`);
      if (why || (sanitized && ofThousandVersions.has(`${operation} ${error}`))) continue;
      assert.ok(table[error], `${error} is neither provoked nor explained`);
      await refused(Promise.resolve().then(() => table[error](t)), error).catch((e) => failures.push(`${error}: ${e.message}`));
    }
    assert.deepEqual(failures, []);
  });
}
