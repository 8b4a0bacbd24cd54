// (d) Under --auth enforce the state machine's role decides: with its four statements all goes well, and
// without any one of them it fails in AWS's way.
import { test } from "node:test";
import assert from "node:assert/strict";
import { ECSClient, DescribeTasksCommand } from "@aws-sdk/client-ecs";
import { SFNClient, StopExecutionCommand, ListStateMachinesCommand } from "@aws-sdk/client-sfn";
import { IAMClient, CreateUserCommand, CreateAccessKeyCommand } from "@aws-sdk/client-iam";
import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { Server, until } from "../lib/server.mjs";
import { changed, deploy, finished, history, importImage, listen, start, template } from "../lib/sample.mjs";

const root = { accessKeyId: "AKIAROOTROOTROOTROOT", secretAccessKey: "root-secret-of-a-test-0123456789abcdefgh" };
const environment = { GANTRY_ROOT_ACCESS_KEY: root.accessKeyId, GANTRY_ROOT_SECRET_KEY: root.secretAccessKey };

async function enforced(t) {
  const server = await Server.start({ auth: "enforce", environment });
  t.after(() => server.stop());
  importImage(server);
  return server;
}

const statementsOf = (body) => body.Resources.ECSRunTaskSyncExecutionRole.Properties.Policies[0].PolicyDocument.Statement;
const actions = (statement) => [statement.Action].flat();

// The template without the statement that allows `action`.
function without(action, body = template()) {
  const statements = statementsOf(body);
  const at = statements.findIndex((s) => actions(s).includes(action));
  assert.ok(at >= 0, `${action} is in the template`);
  statements.splice(at, 1);
  return body;
}

test("(d) all four statements: the success message arrives", async (t) => {
  const server = await enforced(t);
  assert.equal(statementsOf(template()).length, 4);
  const sample = await deploy(server, template(), { credentials: root });
  assert.equal(sample.stack.StackStatus, "CREATE_COMPLETE", JSON.stringify(sample.events.slice(0, 8), null, 1));
  const heard = await listen(server, sample.topicArn, root);
  const execution = await start(server, sample.machineArn, { credentials: root });
  assert.equal((await finished(server, execution, { credentials: root })).status, "SUCCEEDED");
  assert.equal((await heard()).Message, "AWS Fargate Task started by Step Functions succeeded");
});

test("(d) without sns:Publish the execution fails with SNS's refusal", async (t) => {
  const server = await enforced(t);
  const sample = await deploy(server, without("sns:Publish"), { credentials: root });
  const execution = await start(server, sample.machineArn, { credentials: root });
  const ended = await finished(server, execution, { credentials: root });
  assert.equal(ended.status, "FAILED");
  assert.equal(ended.error, "SNS.AuthorizationErrorException");
  assert.match(ended.cause, /^User: arn:aws:sts::000000000000:assumed-role\/[^/]+\/[^ ]+ is not authorized to perform: SNS:Publish on resource: arn:aws:sns:us-east-1:000000000000:[^ ]+ because no identity-based policy allows the SNS:Publish action \(Service: AmazonSNS; Status Code: 403; Error Code: AuthorizationError; Request ID: [-0-9a-f]+; Proxy: null\)$/);
});

test("(d) without ecs:RunTask the failure is caught and told", async (t) => {
  const server = await enforced(t);
  const sample = await deploy(server, without("ecs:RunTask"), { credentials: root });
  const heard = await listen(server, sample.topicArn, root);
  const execution = await start(server, sample.machineArn, { credentials: root });
  assert.equal((await finished(server, execution, { credentials: root })).status, "SUCCEEDED");
  const refused = (await history(server, execution, root)).find((e) => e.type === "TaskFailed").taskFailedEventDetails;
  assert.equal(refused.error, "ECS.AccessDeniedException");
  assert.match(refused.cause, /^User: arn:aws:sts::000000000000:assumed-role\/.* is not authorized to perform: ecs:RunTask on resource: arn:aws:ecs:us-east-1:000000000000:task-definition\/[^ ]+:1 because no identity-based policy allows the ecs:RunTask action \(Service: AmazonECS; Status Code: 400; Error Code: AccessDeniedException; Request ID: [-0-9a-f]+; Proxy: null\)$/);
  assert.equal((await heard()).Message, "AWS Fargate Task started by Step Functions failed");
});

test("(d) without the events actions the state machine cannot be made", async (t) => {
  const server = await enforced(t);
  const sample = await deploy(server, without("events:PutRule"), { credentials: root });
  assert.equal(sample.stack.StackStatus, "ROLLBACK_COMPLETE");
  const failure = sample.events.find((e) => e.LogicalResourceId === "ECSTaskNotificationStateMachine" && e.ResourceStatus === "CREATE_FAILED");
  assert.match(failure.ResourceStatusReason, /'arn:aws:iam::000000000000:role\/[^']+' is not authorized to create managed-rule\./);
});

test("(d) without ecs:StopTask a stopped execution leaves its task running", async (t) => {
  const server = await enforced(t);
  const body = changed(without("ecs:StopTask"), { command: "exec sleep 600" });
  const sample = await deploy(server, body, { credentials: root });
  const execution = await start(server, sample.machineArn, { credentials: root });
  const events = await until(() => history(server, execution, root), (e) => e.some((x) => x.type === "TaskSubmitted"));
  const task = JSON.parse(events.find((e) => e.type === "TaskSubmitted").taskSubmittedEventDetails.output).Tasks[0];
  const ecs = new ECSClient(server.client(root));
  const described = () => ecs.send(new DescribeTasksCommand({ cluster: task.ClusterArn, tasks: [task.TaskArn] })).then((r) => r.tasks[0]);
  await until(described, (x) => x.lastStatus === "RUNNING");
  const sfn = new SFNClient(server.client(root));
  await sfn.send(new StopExecutionCommand({ executionArn: execution }));
  assert.equal((await finished(server, execution, { credentials: root })).status, "ABORTED");
  assert.equal((await described()).desiredStatus, "RUNNING");
});

test("keys that do not exist, wrong secrets and missing rights are refused in AWS's words", async (t) => {
  const server = await enforced(t);
  const sfn = (credentials) => new SFNClient(server.client(credentials)).send(new ListStateMachinesCommand({}));
  await assert.rejects(sfn({ accessKeyId: "test", secretAccessKey: "test" }), { name: "UnrecognizedClientException", message: "The security token included in the request is invalid." });
  await assert.rejects(sfn({ ...root, secretAccessKey: "wrong" }), { name: "InvalidSignatureException" });
  const iam = new IAMClient(server.client(root));
  await iam.send(new CreateUserCommand({ UserName: "nobody" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "nobody" }));
  const nobody = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  const identity = await new STSClient(server.client(nobody)).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Arn, "arn:aws:iam::000000000000:user/nobody");
  await assert.rejects(sfn(nobody), {
    name: "AccessDeniedException",
    message: "User: arn:aws:iam::000000000000:user/nobody is not authorized to perform: states:ListStateMachines on resource: * because no identity-based policy allows the states:ListStateMachines action",
  });
});
