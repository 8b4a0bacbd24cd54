// State machines, versions, aliases, tags, validation: each operation and each documented error.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import * as S from "@aws-sdk/client-sfn";
import { World, pass, refused, role, states, unique } from "../lib/states.mjs";
import { until } from "../lib/server.mjs";

let world;
before(async () => (world = await World.start()));
after(() => world.server.stop());

const call = (operation, input) => world.send(new S[`${operation}Command`](input));
const definition = JSON.stringify(states({ A: pass() }));
const other = JSON.stringify(states({ B: pass() }));
const create = (more = {}) => call("CreateStateMachine", { name: unique(), definition, roleArn: role, ...more });
const nowhere = "arn:aws:states:us-east-1:000000000000:stateMachine:nowhere";
const notAnArn = (promise) => refused(promise, "InvalidArn", "Invalid Arn: 'Invalid ARN prefix: nonsense'");

test("CreateStateMachine is idempotent on what it was given, and says what is wrong", async () => {
  const name = unique();
  const first = await create({ name, tags: [{ key: "a", value: "1" }] });
  assert.equal(first.stateMachineArn, `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`);
  assert.equal(first.stateMachineVersionArn, undefined);
  const again = await create({ name, roleArn: "arn:aws:iam::000000000000:role/other", tags: [{ key: "b", value: "2" }] });
  assert.deepEqual([again.stateMachineArn, again.creationDate], [first.stateMachineArn, first.creationDate]);
  assert.equal((await call("DescribeStateMachine", { stateMachineArn: first.stateMachineArn })).roleArn, role, "another role is not taken");
  const exists = [
    { definition: JSON.stringify(JSON.parse(definition), null, 2) },
    { definition: other },
    { type: "EXPRESS" },
    { tracingConfiguration: { enabled: true } },
    { publish: true },
    { publish: true, versionDescription: "d" },
    { encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: "key" } },
  ];
  for (const more of exists) await refused(create({ name, ...more }), "StateMachineAlreadyExists", `State Machine Already Exists: '${first.stateMachineArn}'`);
  await refused(create({ name: "a b" }), "InvalidName", "Invalid Name: 'a b'");
  await refused(create({ name: "x".repeat(81) }), "InvalidName", `Invalid Name: '${"x".repeat(81)}'`);
  await refused(create({ definition: "{" }), "InvalidDefinition", /^Invalid State Machine Definition: '/);
  await refused(create({ definition: JSON.stringify({ StartAt: "X", States: {} }) }), "InvalidDefinition");
  await refused(create({ definition: "x".repeat(1048577) }), "InvalidDefinition", /1048576/);
  await refused(create({ roleArn: "arn:aws:iam::000000000000:user/u" }), "InvalidArn");
  await refused(create({ type: "FAST" }), "ValidationException", "1 validation error detected: Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [EXPRESS, STANDARD]");
  await refused(create({ versionDescription: "d" }), "ValidationException", "Version description can only be set when publish is true");
  await refused(create({ loggingConfiguration: { level: "ALL" } }), "InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination.");
  await refused(create({ encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY" } }), "InvalidEncryptionConfiguration");
  await refused(create({ encryptionConfiguration: { type: "AWS_OWNED_KEY", kmsKeyId: "key" } }), "InvalidEncryptionConfiguration");
  await refused(create({ encryptionConfiguration: { type: "CUSTOMER_MANAGED_KMS_KEY", kmsKeyId: "key", kmsDataKeyReusePeriodSeconds: 59 } }), "ValidationException");
  await refused(create({ tags: Array.from({ length: 51 }, (_, i) => ({ key: `k${i}`, value: "v" })) }), "TooManyTags");
  await refused(create({ tags: [{ key: "aws:x", value: "v" }] }), "ValidationException");
  await refused(create({ tags: [{ key: "x", value: "a;b" }] }), "ValidationException");
  // What an Express machine cannot do.
  for (const Resource of ["arn:aws:states:::ecs:runTask.sync", "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "arn:aws:states:us-east-1:000000000000:activity:a"]) {
    await refused(create({ type: "EXPRESS", definition: JSON.stringify(states({ T: { Type: "Task", Resource, Parameters: { "x.$": "$$.Task.Token" }, End: true } })) }), "InvalidDefinition");
  }
});

test("several faults of one request are told together", async () => {
  const error = await refused(call("ListExecutions", { stateMachineArn: nowhere, maxResults: 5000, statusFilter: "DONE" }), "ValidationException");
  assert.match(error.message, /^2 validation errors detected: /);
});

test("DescribeStateMachine shows defaults, versions and labels", async () => {
  const { stateMachineArn } = await create();
  const m = await call("DescribeStateMachine", { stateMachineArn });
  assert.deepEqual(m.loggingConfiguration, { level: "OFF", includeExecutionData: false });
  assert.deepEqual(m.tracingConfiguration, { enabled: false });
  assert.deepEqual(m.encryptionConfiguration, { type: "AWS_OWNED_KEY" });
  assert.deepEqual([m.status, m.type, m.definition, m.revisionId], ["ACTIVE", "STANDARD", definition, undefined]);
  assert.equal((await call("DescribeStateMachine", { stateMachineArn, includedData: "METADATA_ONLY" })).definition, undefined);
  await refused(call("DescribeStateMachine", { stateMachineArn: nowhere }), "StateMachineDoesNotExist", `State Machine Does Not Exist: '${nowhere}'`);
  await refused(call("DescribeStateMachine", { stateMachineArn: `${stateMachineArn}:7` }), "StateMachineDoesNotExist", `State Machine Does Not Exist: '${stateMachineArn}:7'`);
  await notAnArn(call("DescribeStateMachine", { stateMachineArn: "nonsense" }));
  const execution = await world.start(stateMachineArn);
  await call("UpdateStateMachine", { stateMachineArn, definition: other });
  const then = await call("DescribeStateMachineForExecution", { executionArn: execution });
  assert.equal(then.definition, definition, "as it was when the execution began");
  assert.ok(then.updateDate);
  await refused(call("DescribeStateMachineForExecution", { executionArn: `${execution}x` }), "ExecutionDoesNotExist");
});

test("UpdateStateMachine makes revisions of what changes", async () => {
  const { stateMachineArn } = await create();
  const update = (more) => call("UpdateStateMachine", { stateMachineArn, ...more });
  await refused(update({}), "MissingRequiredParameter", "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified");
  assert.equal((await update({ definition })).revisionId, undefined, "nothing has changed");
  const { revisionId } = await update({ definition: other });
  assert.ok(revisionId);
  assert.equal((await update({ definition: other })).revisionId, revisionId);
  const published = await update({ roleArn: `${role}2`, publish: true, versionDescription: "two" });
  assert.notEqual(published.revisionId, revisionId);
  assert.equal(published.stateMachineVersionArn, `${stateMachineArn}:1`);
  assert.equal((await update({ roleArn: `${role}2`, publish: true })).stateMachineVersionArn, `${stateMachineArn}:1`);
  // Under another description the same revision is another version.
  const again = (await update({ roleArn: `${role}2`, publish: true, versionDescription: "again" })).stateMachineVersionArn;
  assert.equal(again, `${stateMachineArn}:2`);
  assert.equal((await call("DescribeStateMachine", { stateMachineArn: again })).description, "again");
  await refused(update({ roleArn: "arn:aws:iam::1234:role/r" }), "InvalidArn");
  assert.equal((await call("DescribeStateMachine", { stateMachineArn: `${stateMachineArn}:1` })).description, "two");
  await refused(update({ definition: "{}" }), "InvalidDefinition");
  await refused(update({ definition, versionDescription: "x" }), "ValidationException");
  await refused(call("UpdateStateMachine", { stateMachineArn: nowhere, definition }), "StateMachineDoesNotExist");
  const labeled = await refused(call("UpdateStateMachine", { stateMachineArn: `${stateMachineArn}/label`, definition }), "ValidationException");
  assert.equal(labeled.reason, "API_DOES_NOT_SUPPORT_LABELED_ARNS");
});

test("DeleteStateMachine waits for executions, and tells nothing of what is not there", async () => {
  await call("DeleteStateMachine", { stateMachineArn: nowhere });
  await notAnArn(call("DeleteStateMachine", { stateMachineArn: "nonsense" }));
  await refused(call("DeleteStateMachine", { stateMachineArn: `${nowhere}/label` }), "ValidationException");
  const stateMachineArn = await world.machine(states({ W: { Type: "Wait", Seconds: 1, Next: "V" }, V: { Type: "Wait", Seconds: 60, End: true } }));
  await call("PublishStateMachineVersion", { stateMachineArn });
  const execution = await world.start(stateMachineArn);
  await refused(call("DeleteStateMachine", { stateMachineArn: `${stateMachineArn}:1` }), "ValidationException");
  await call("DeleteStateMachine", { stateMachineArn });
  assert.equal((await call("DescribeStateMachine", { stateMachineArn })).status, "DELETING");
  await refused(world.start(stateMachineArn), "StateMachineDeleting");
  await refused(call("UpdateStateMachine", { stateMachineArn, definition }), "StateMachineDeleting");
  await refused(call("PublishStateMachineVersion", { stateMachineArn }), "StateMachineDeleting");
  await refused(call("CreateStateMachine", { name: stateMachineArn.split(":").pop(), definition, roleArn: role }), "StateMachineDeleting");
  assert.equal((await world.finished(execution)).status, "ABORTED");
  await until(() => call("DescribeStateMachine", { stateMachineArn }).catch((e) => e), (e) => e.name === "StateMachineDoesNotExist");
});

test("ListStateMachines pages by name; a token with an altered letter, of another call or another account is refused", async () => {
  const list = (input, client = world.sfn) => client.send(new S.ListStateMachinesCommand(input));
  const client = new S.SFNClient({ ...world.server.client(), region: "eu-west-3" });
  const names = ["c", "a", "b"].map((n) => `list-${n}`);
  for (const name of names) await client.send(new S.CreateStateMachineCommand({ name, definition, roleArn: role }));
  const first = await list({ maxResults: 2 }, client);
  assert.deepEqual(first.stateMachines.map((m) => m.name), ["list-a", "list-b"]);
  const second = await list({ maxResults: 2, nextToken: first.nextToken }, client);
  assert.deepEqual([second.stateMachines.map((m) => m.name), second.nextToken], [["list-c"], undefined]);
  const token = first.nextToken;
  for (let i = 0; i < token.length; i += 3) {
    const altered = token.slice(0, i) + (token[i] === "A" ? "B" : "A") + token.slice(i + 1);
    await refused(list({ nextToken: altered }, client), "InvalidToken", "Invalid Token: 'Invalid token'");
  }
  await refused(list({ nextToken: token }), "InvalidToken");
  await refused(client.send(new S.ListActivitiesCommand({ nextToken: token })), "InvalidToken");
  await refused(list({ maxResults: 1001 }), "ValidationException", "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000");
  await refused(list({ maxResults: -1 }), "ValidationException", /greater than or equal to 0/);
  await refused(list({ nextToken: "x".repeat(1025) }), "ValidationException");
  assert.equal((await list({ maxResults: 0 }, client)).stateMachines.length, 3);
});

test("ValidateStateMachineDefinition tells diagnostics and never fails", async () => {
  const check = (more) => call("ValidateStateMachineDefinition", { definition, ...more });
  assert.deepEqual(await check({}).then(({ result, diagnostics, truncated }) => [result, diagnostics, truncated]), ["OK", [], false]);
  const bad = await check({ definition: JSON.stringify({ StartAt: "X", States: { A: pass({ Nonsense: 1 }), B: { Type: "What" } } }), maxResults: 1 });
  assert.deepEqual([bad.result, bad.diagnostics.length, bad.truncated], ["FAIL", 1, true]);
  assert.ok(bad.diagnostics[0].code && bad.diagnostics[0].message);
  assert.equal((await check({ definition: "not json" })).result, "FAIL");
  await refused(check({ maxResults: 101 }), "ValidationException");
  await refused(check({ severity: "HINT" }), "ValidationException");
});

test("versions: publishing, listing newest first, deleting", async () => {
  const { stateMachineArn } = await create();
  const publish = (more) => call("PublishStateMachineVersion", { stateMachineArn, ...more });
  const first = await publish({ description: "one" });
  assert.equal(first.stateMachineVersionArn, `${stateMachineArn}:1`);
  assert.deepEqual(await publish({ description: "one" }).then((v) => [v.stateMachineVersionArn, v.creationDate]), [first.stateMachineVersionArn, first.creationDate]);
  await refused(publish({ description: "another" }), "ConflictException");
  await refused(publish({ revisionId: "wrong" }), "ConflictException");
  // The revision of a machine that was never updated has no id: it goes by this name.
  assert.equal((await publish({ revisionId: "INITIAL" })).stateMachineVersionArn, first.stateMachineVersionArn);
  const { revisionId } = await call("UpdateStateMachine", { stateMachineArn, definition: other });
  await refused(publish({ revisionId: "INITIAL" }), "ConflictException");
  assert.equal((await publish({ revisionId })).stateMachineVersionArn, `${stateMachineArn}:2`);
  const versions = async (more) => call("ListStateMachineVersions", { stateMachineArn, ...more });
  const page = await versions({ maxResults: 1 });
  assert.deepEqual(page.stateMachineVersions.map((v) => v.stateMachineVersionArn), [`${stateMachineArn}:2`]);
  assert.deepEqual((await versions({ maxResults: 1, nextToken: page.nextToken })).stateMachineVersions.map((v) => v.stateMachineVersionArn), [`${stateMachineArn}:1`]);
  assert.deepEqual((await call("ListStateMachineVersions", { stateMachineArn: nowhere })).stateMachineVersions, []);
  await call("DeleteStateMachineVersion", { stateMachineVersionArn: `${stateMachineArn}:2` });
  await call("DeleteStateMachineVersion", { stateMachineVersionArn: `${stateMachineArn}:2` });
  assert.equal((await publish({})).stateMachineVersionArn, `${stateMachineArn}:3`, "numbers are never used again");
  await refused(call("PublishStateMachineVersion", { stateMachineArn: nowhere }), "StateMachineDoesNotExist");
  await refused(call("DeleteStateMachineVersion", { stateMachineVersionArn: stateMachineArn }), "InvalidArn");
  await refused(publish({ description: "x".repeat(257) }), "ValidationException");
});

test("aliases: routing rules, conflicts, paging, deletion", async () => {
  const { stateMachineArn } = await create({ publish: true });
  await call("UpdateStateMachine", { stateMachineArn, definition: other, publish: true });
  const [one, two] = [`${stateMachineArn}:1`, `${stateMachineArn}:2`];
  const routes = (...pairs) => pairs.map(([stateMachineVersionArn, weight]) => ({ stateMachineVersionArn, weight }));
  const alias = (name, routingConfiguration, more) => call("CreateStateMachineAlias", { name, routingConfiguration, ...more });
  const made = await alias("prod", routes([one, 100]), { description: "d" });
  assert.equal(made.stateMachineAliasArn, `${stateMachineArn}:prod`);
  assert.deepEqual(await alias("prod", routes([one, 100]), { description: "d" }).then((a) => a.creationDate), made.creationDate);
  await refused(alias("prod", routes([two, 100])), "ConflictException", "Failed to create alias because an alias with the same name and a different routing configuration already exists.");
  await refused(alias("x", routes([one, 70], [two, 29])), "ValidationException", "Sum of routing configuration weights must equal 100. Received: [70, 29]");
  await refused(alias("x", routes([one, 50], [one, 50])), "ValidationException", `Routing configuration must contain distinct state machine version ARNs. Received: [${one}, ${one}]`);
  await refused(alias("x", routes([stateMachineArn, 100])), "ValidationException", `Routing configuration must contain state machine version ARNs. Received: [${stateMachineArn}]`);
  await refused(alias("x", routes([`${stateMachineArn}:9`, 100])), "ResourceNotFound", "Request references a resource that does not exist.");
  await refused(alias("123", routes([one, 100])), "InvalidName", "Invalid Name: '123'");
  await refused(alias("x", []), "ValidationException");
  await refused(alias("x", routes([one, 101])), "ValidationException");
  const { stateMachineArn: foreign } = await create({ publish: true });
  await refused(alias("x", routes([one, 50], [`${foreign}:1`, 50])), "ValidationException");
  const stateMachineAliasArn = made.stateMachineAliasArn;
  await refused(call("UpdateStateMachineAlias", { stateMachineAliasArn, routingConfiguration: routes([`${foreign}:1`, 100]) }), "ValidationException");
  await call("UpdateStateMachineAlias", { stateMachineAliasArn, routingConfiguration: routes([one, 60], [two, 40]) });
  const shown = await call("DescribeStateMachineAlias", { stateMachineAliasArn });
  assert.deepEqual([shown.name, shown.description, shown.routingConfiguration], ["prod", "d", routes([one, 60], [two, 40])]);
  const seen = new Set();
  for (let i = 0; i < 60 && seen.size < 2; ++i) {
    const e = await world.finished(await world.start(stateMachineAliasArn));
    assert.equal(e.stateMachineAliasArn, stateMachineAliasArn);
    seen.add(e.stateMachineVersionArn);
  }
  assert.deepEqual([...seen].sort(), [one, two]);
  const started = (await world.history((await call("ListExecutions", { stateMachineArn: stateMachineAliasArn })).executions[0].executionArn))[0].executionStartedEventDetails;
  assert.equal(started.stateMachineAliasArn, stateMachineAliasArn);
  assert.ok(seen.has(started.stateMachineVersionArn));
  await refused(call("DeleteStateMachineVersion", { stateMachineVersionArn: one }), "ConflictException", "Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [prod]");
  await alias("dev", routes([two, 100]));
  const names = async (arn, more) => (await call("ListStateMachineAliases", { stateMachineArn: arn, ...more })).stateMachineAliases.map((a) => a.stateMachineAliasArn.split(":").pop());
  assert.deepEqual(await names(stateMachineArn), ["dev", "prod"]);
  assert.deepEqual(await names(one), ["prod"]);
  assert.deepEqual(await names(stateMachineArn, { maxResults: 1 }), ["dev"]);
  await refused(call("UpdateStateMachineAlias", { stateMachineAliasArn: `${stateMachineArn}:none`, description: "x" }), "ResourceNotFound", "Request references a resource that does not exist.");
  await refused(call("DescribeStateMachineAlias", { stateMachineAliasArn: `${stateMachineArn}:none` }), "ResourceNotFound");
  await refused(call("UpdateStateMachineAlias", { stateMachineAliasArn }), "ValidationException");
  await call("DeleteStateMachineAlias", { stateMachineAliasArn });
  await call("DeleteStateMachineAlias", { stateMachineAliasArn });
  await refused(world.start(stateMachineAliasArn), "StateMachineDoesNotExist", `State Machine Does Not Exist: '${stateMachineAliasArn}'`);
});

test("tags of machines and activities", async () => {
  const { stateMachineArn } = await create({ tags: [{ key: "a", value: "1" }] });
  const { activityArn } = await call("CreateActivity", { name: unique("act") });
  for (const resourceArn of [stateMachineArn, activityArn]) {
    await call("TagResource", { resourceArn, tags: [{ key: "b", value: "2" }, { key: "a", value: "3" }] });
    await call("UntagResource", { resourceArn, tagKeys: ["b", "absent"] });
    assert.deepEqual((await call("ListTagsForResource", { resourceArn })).tags, [{ key: "a", value: "3" }]);
    const many = await refused(call("TagResource", { resourceArn, tags: Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: "v" })) }), "TooManyTags");
    assert.equal(many.resourceName, resourceArn);
    await refused(call("TagResource", { resourceArn, tags: [{ key: "aws:a", value: "" }] }), "ValidationException");
    await refused(call("TagResource", { resourceArn, tags: [{ key: "", value: "" }] }), "ValidationException");
    await refused(call("TagResource", { resourceArn, tags: [{ value: "of no key" }] }), "ValidationException");
    await refused(call("TagResource", { resourceArn, tags: [{ key: "k", value: "x".repeat(257) }] }), "ValidationException");
  }
  const missing = await refused(call("ListTagsForResource", { resourceArn: nowhere }), "ResourceNotFound");
  assert.equal(missing.resourceName, nowhere);
  await refused(call("TagResource", { resourceArn: nowhere, tags: [] }), "ResourceNotFound");
  await refused(call("UntagResource", { resourceArn: nowhere, tagKeys: ["a"] }), "ResourceNotFound");
  await notAnArn(call("ListTagsForResource", { resourceArn: "nonsense" }));
});

test("regions and accounts are worlds of their own: what an ARN names elsewhere does not exist", async () => {
  const { stateMachineArn } = await create({ publish: true });
  const { activityArn } = await call("CreateActivity", { name: unique("act") });
  const { stateMachineAliasArn } = await call("CreateStateMachineAlias", { name: "a", routingConfiguration: [{ stateMachineVersionArn: `${stateMachineArn}:1`, weight: 100 }] });
  const executionArn = await world.start(stateMachineArn);
  await world.finished(executionArn);
  const elsewhere = new S.SFNClient({ ...world.server.client(), region: "eu-central-1" });
  const theirs = new S.SFNClient(world.server.client({ accessKeyId: "111122223333", secretAccessKey: "x" }));
  for (const client of [elsewhere, theirs]) {
    const ask = (operation, input) => client.send(new S[`${operation}Command`](input));
    assert.ok(!(await ask("ListStateMachines", {})).stateMachines.some((m) => m.stateMachineArn === stateMachineArn));
    for (const [operation, more] of [["DescribeStateMachine"], ["StartExecution"], ["StartSyncExecution"], ["UpdateStateMachine", { definition: other }], ["PublishStateMachineVersion"], ["ListExecutions"], ["ListStateMachineAliases"]]) {
      await refused(ask(operation, { stateMachineArn, ...more }), "StateMachineDoesNotExist", `State Machine Does Not Exist: '${stateMachineArn}'`);
    }
    for (const operation of ["DescribeExecution", "GetExecutionHistory", "StopExecution", "RedriveExecution", "ListMapRuns", "DescribeStateMachineForExecution"]) {
      await refused(ask(operation, { executionArn }), "ExecutionDoesNotExist");
    }
    for (const operation of ["DescribeActivity", "GetActivityTask"]) await refused(ask(operation, { activityArn }), "ActivityDoesNotExist");
    for (const resourceArn of [stateMachineArn, activityArn]) {
      await refused(ask("ListTagsForResource", { resourceArn }), "ResourceNotFound");
      await refused(ask("TagResource", { resourceArn, tags: [{ key: "k", value: "v" }] }), "ResourceNotFound");
      await refused(ask("UntagResource", { resourceArn, tagKeys: ["k"] }), "ResourceNotFound");
    }
    await refused(ask("DescribeStateMachineAlias", { stateMachineAliasArn }), "ResourceNotFound");
    await refused(ask("UpdateStateMachineAlias", { stateMachineAliasArn, description: "theirs" }), "ResourceNotFound");
    await refused(ask("CreateStateMachineAlias", { name: "b", routingConfiguration: [{ stateMachineVersionArn: `${stateMachineArn}:1`, weight: 100 }] }), "ResourceNotFound");
    assert.deepEqual((await ask("ListStateMachineVersions", { stateMachineArn })).stateMachineVersions, []);
    // Deleting what is not there succeeds, and deletes nothing.
    await ask("DeleteStateMachineAlias", { stateMachineAliasArn });
    await ask("DeleteStateMachineVersion", { stateMachineVersionArn: `${stateMachineArn}:1` });
    await ask("DeleteStateMachine", { stateMachineArn });
    await ask("DeleteActivity", { activityArn });
  }
  assert.equal((await call("DescribeStateMachine", { stateMachineArn: stateMachineAliasArn })).definition, definition);
  assert.deepEqual((await call("ListTagsForResource", { resourceArn: activityArn })).tags, []);
});
