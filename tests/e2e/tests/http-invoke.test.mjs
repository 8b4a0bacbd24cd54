// http:invoke: requests to an HTTP server of our own, authorised by EventBridge connections.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { CreateApiDestinationCommand, CreateConnectionCommand, DeauthorizeConnectionCommand, DescribeConnectionCommand, EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CloudFormationClient, CreateStackCommand, DeleteStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { CreateRoleCommand, CreateUserCommand, CreateAccessKeyCommand, IAMClient, PutRolePolicyCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand, TestStateCommand } from "@aws-sdk/client-sfn";
import { World, refused, role, states, unique } from "../lib/states.mjs";
import { Server, until } from "../lib/server.mjs";

let world, events, site, url;
const seen = []; // what the site was asked
const tokens = []; // the tokens that it gave
const routes = {
  "/echo": (request, response) => json(response, 200, { said: request.body }),
  "/token": (request, response) => {
    const form = new URLSearchParams(request.body);
    if (form.get("client_secret") !== "s3cret" || form.get("grant_type") !== "client_credentials") return json(response, 401, {});
    tokens.push(`token-${tokens.length + 1}`);
    json(response, 200, { access_token: tokens.at(-1), token_type: "Bearer", expires_in: 3600 });
  },
  "/guarded": (request, response) => json(response, request.headers.authorization === `Bearer ${tokens.at(-1)}` ? 200 : 401, {}),
  "/picture": (_, response) => response.writeHead(200, { "content-type": "image/png" }).end("x"),
  "/text": (_, response) => response.writeHead(200, { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] }).end("plain"),
  "/large": (_, response) => json(response, 200, { text: "x".repeat(300_000) }),
  "/never": () => {},
  "/second-time": (_, response) => ++held > 1 && json(response, 200, { held }),
  "/hang-up": (request) => request.socket.destroy(),
};
const json = (response, status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
let failures = 0, held = 0;

before(async () => {
  world = await World.start();
  events = world.client(EventBridgeClient);
  site = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      request.body = Buffer.concat(chunks).toString();
      const path = request.url.split("?")[0];
      seen.push({ method: request.method, url: request.url, headers: request.headers, body: request.body });
      if (path === "/flaky") return json(response, ++failures < 3 ? 503 : 200, { failures });
      const route = routes[path];
      route ? route(request, response) : json(response, 404, { why: "nothing here" });
    });
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${site.address().port}`;
});
after(async () => {
  site.closeAllConnections();
  site.close();
  await world.server.stop();
});

const basic = { BasicAuthParameters: { Username: "user", Password: "pass" } };
const connect = async (AuthorizationType, AuthParameters) =>
  (await events.send(new CreateConnectionCommand({ Name: unique("connection"), AuthorizationType, AuthParameters }))).ConnectionArn;
const nameOf = (arn) => arn.split("/")[1];
const task = (ConnectionArn, path, more = {}, rest = {}) => ({
  Type: "Task", Resource: "arn:aws:states:::http:invoke", End: true,
  Parameters: { ApiEndpoint: url + path, Method: "GET", Authentication: { ConnectionArn }, ...more }, ...rest,
});
const run = (...given) => world.run(states({ T: task(...given) }));
const invoke = async (...given) => {
  const done = await run(...given);
  assert.equal(done.status, "SUCCEEDED", `${done.error}: ${done.cause}`);
  return JSON.parse(done.output);
};
const fails = async (error, ...given) => {
  const done = await run(...given);
  assert.equal(done.error, error, done.cause);
  return done.cause;
};

test("basic credentials, query, headers and body arrive; the answer is the result", async () => {
  const connection = await connect("BASIC", {
    ...basic,
    InvocationHttpParameters: {
      HeaderParameters: [{ Key: "X-Theirs", Value: "1" }],
      QueryStringParameters: [{ Key: "q", Value: "theirs" }],
      BodyParameters: [{ Key: "b", Value: "theirs" }],
    },
  });
  const more = { Method: "POST", Headers: { "X-Mine": "2", "X-Theirs": "mine" }, QueryParameters: { q: "mine", r: "a b" }, RequestBody: { a: 1, b: 2 } };
  const result = await invoke(connection, "/echo", more);
  const asked = seen.at(-1);
  assert.equal(asked.method, "POST");
  assert.equal(asked.url, "/echo?r=a%20b&q=theirs");
  assert.equal(asked.headers.authorization, `Basic ${Buffer.from("user:pass").toString("base64")}`);
  assert.deepEqual([asked.headers["x-mine"], asked.headers["x-theirs"]], ["2", "1"]);
  assert.equal(asked.headers["user-agent"], "Amazon|StepFunctions|HttpInvoke|us-east-1");
  assert.equal(asked.headers.range, "bytes=0-262144");
  assert.equal(asked.headers["content-type"], "application/json; charset=UTF-8");
  assert.deepEqual(JSON.parse(asked.body), { a: 1, b: "theirs" });
  assert.deepEqual([result.StatusCode, result.StatusText], [200, "OK"]);
  assert.deepEqual(result.ResponseBody, { said: asked.body });
  assert.deepEqual(result.Headers["content-type"], ["application/json"]);
});

test("an API key is a header; texts stay texts, and every value of a header is there", async () => {
  const connection = await connect("API_KEY", { ApiKeyAuthParameters: { ApiKeyName: "X-Api-Key", ApiKeyValue: "k" } });
  const result = await invoke(connection, "/text");
  assert.equal(seen.at(-1).headers["x-api-key"], "k");
  assert.equal(result.ResponseBody, "plain");
  assert.deepEqual(result.Headers["set-cookie"], ["a=1", "b=2"]);
});

test("a form is URL-encoded", async () => {
  const connection = await connect("BASIC", basic);
  const body = { list: ["x", "y"], deep: { er: "z" } };
  const Transform = { RequestBodyEncoding: "URL_ENCODED", RequestEncodingOptions: { ArrayFormat: "BRACKETS" } };
  await invoke(connection, "/echo", { Method: "POST", RequestBody: body, Headers: { "Content-Type": "application/x-www-form-urlencoded" }, Transform });
  assert.equal(decodeURIComponent(seen.at(-1).body), "list[]=x&list[]=y&deep[er]=z");
  assert.equal(seen.at(-1).headers["content-type"], "application/x-www-form-urlencoded");
});

const oauth = (ClientSecret) => ({
  OAuthParameters: { AuthorizationEndpoint: `${url}/token`, HttpMethod: "POST", ClientParameters: { ClientID: "me", ClientSecret } },
});
const settled = (arn) =>
  until(() => events.send(new DescribeConnectionCommand({ Name: nameOf(arn) })), (c) => c.ConnectionState !== "AUTHORIZING", { seconds: 10 });

test("an OAuth client's token is asked for once, and anew when it is refused", async () => {
  const connection = await connect("OAUTH_CLIENT_CREDENTIALS", oauth("s3cret"));
  assert.equal((await settled(connection)).ConnectionState, "AUTHORIZED");
  const before = tokens.length;
  await invoke(connection, "/guarded");
  await invoke(connection, "/guarded");
  assert.equal(tokens.length, before);
  tokens.push("revoked elsewhere");
  await invoke(connection, "/guarded");
  assert.equal(tokens.length, before + 2);
});

test("a connection that is not authorised serves nobody", async () => {
  const refused = await connect("OAUTH_CLIENT_CREDENTIALS", oauth("wrong"));
  const shown = await settled(refused);
  assert.equal(shown.ConnectionState, "DEAUTHORIZED");
  assert.match(shown.StateReason, /401/);
  await fails("Events.ConnectionResource.InvalidConnectionState", refused, "/echo");
  const left = await connect("BASIC", basic);
  await events.send(new DeauthorizeConnectionCommand({ Name: nameOf(left) }));
  await fails("Events.ConnectionResource.InvalidConnectionState", left, "/echo");
  await fails("Events.ConnectionResource.ResourceNotFound", "arn:aws:events:us-east-1:000000000000:connection/none/1", "/echo");
});

test("what the server refuses is told by its status, with the response as the cause", async () => {
  const connection = await connect("BASIC", basic);
  const cause = JSON.parse(await fails("States.Http.StatusCode.404", connection, "/missing"));
  assert.deepEqual([cause.StatusCode, cause.StatusText, cause.ResponseBody], [404, "Not Found", { why: "nothing here" }]);
});

test("503 is tried again by the state's Retry", async () => {
  const connection = await connect("BASIC", basic);
  failures = 0;
  const Retry = [{ ErrorEquals: ["States.Http.StatusCode.503"], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 1 }];
  const result = await invoke(connection, "/flaky", {}, { Retry });
  assert.equal(result.ResponseBody.failures, 3);
});

test("what no result can hold, what is too large, what is not answered", async () => {
  const connection = await connect("BASIC", basic);
  await fails("States.Runtime", connection, "/picture");
  await fails("States.DataLimitExceeded", connection, "/large");
  await fails("States.Http.Socket", connection, "/hang-up");
  await fails("States.Timeout", connection, "/never", {}, { TimeoutSeconds: 1 });
});

test("parameters that make no request fail before anything is sent", async () => {
  const connection = await connect("BASIC", basic);
  const asked = seen.length;
  await fails("States.Runtime", connection, "/echo", { Headers: { Host: "elsewhere" } });
  await fails("States.Runtime", connection, "/echo", { Method: "BREW" });
  await fails("States.Runtime", connection, "/echo", { ApiEndpoint: "http://example.com/" });
  await fails("States.Runtime", connection, "/echo", { RequestBody: "text", Headers: { "X-Amz-Date": "1" } });
  assert.equal(seen.length, asked);
});

test("TestState at TRACE shows request and response, and the connection's part only with revealSecrets", async () => {
  const connection = await connect("BASIC", { ...basic, InvocationHttpParameters: { QueryStringParameters: [{ Key: "key", Value: "hidden" }] } });
  const definition = JSON.stringify(task(connection, "/echo", { Method: "POST", Headers: { mine: "h1" }, RequestBody: { a: 1 } }));
  const look = (more) => world.send(new TestStateCommand({ definition, roleArn: role, inspectionLevel: "TRACE", ...more }));
  const plain = await look({});
  assert.equal(plain.status, "SUCCEEDED");
  const { request, response } = plain.inspectionData;
  assert.deepEqual([request.protocol, request.method, request.url, request.body], ["http", "POST", `${url}/echo`, '{"a":1}']);
  assert.match(request.headers, /^\[mine: h1, User-Agent: Amazon\|StepFunctions\|HttpInvoke\|us-east-1, Range: bytes=0-262144/);
  assert.deepEqual([response.protocol, response.statusCode, response.statusMessage], ["http", "200", "OK"]);
  assert.match(response.headers, /content-type: application\/json/);
  assert.deepEqual(JSON.parse(response.body), { said: '{"a":1}' });
  const revealed = (await look({ revealSecrets: true })).inspectionData.request;
  assert.equal(revealed.url, `${url}/echo?key=hidden`);
  assert.match(revealed.headers, /Authorization: Basic dXNlcjpwYXNz/);
  const debug = (await look({ inspectionLevel: "DEBUG" })).inspectionData;
  assert.equal(debug.request, undefined);
});

test("a request that a crash cut off is sent again; connections and their secrets are there after it", async (t) => {
  const durable = await World.start({ flags: ["--runtime", "none"] });
  t.after(() => durable.server.stop());
  const made = await durable.client(EventBridgeClient).send(new CreateConnectionCommand({ Name: "kept", AuthorizationType: "BASIC", AuthParameters: basic }));
  const arn = await durable.start(await durable.machine(states({ T: task(made.ConnectionArn, "/second-time") })));
  await until(async () => held, (n) => n === 1, { seconds: 10 });
  await durable.server.crashAndRestart();
  const done = await durable.finished(arn);
  assert.deepEqual(JSON.parse(done.output).ResponseBody, { held: 2 }, done.cause);
  assert.equal(seen.at(-1).headers.authorization, `Basic ${Buffer.from("user:pass").toString("base64")}`);
  assert.equal((await durable.history(arn)).filter((e) => e.type === "TaskScheduled").length, 1);
});

test("a rule brings events to an API destination", async () => {
  const ConnectionArn = await connect("BASIC", basic);
  const made = await events.send(new CreateApiDestinationCommand({ Name: unique("destination"), ConnectionArn, InvocationEndpoint: `${url}/echo`, HttpMethod: "POST" }));
  assert.equal(made.ApiDestinationState, "ACTIVE");
  const Name = unique("rule");
  await events.send(new PutRuleCommand({ Name, EventPattern: JSON.stringify({ source: ["mine"] }) }));
  const target = { Id: "1", Arn: made.ApiDestinationArn, RoleArn: role, HttpParameters: { HeaderParameters: { "X-Mine": "h" } } };
  await events.send(new PutTargetsCommand({ Rule: Name, Targets: [target] }));
  const asked = seen.length;
  await events.send(new PutEventsCommand({ Entries: [{ Source: "mine", DetailType: "d", Detail: '{"n":1}' }] }));
  const [sent] = await until(async () => seen.slice(asked), (list) => list.length > 0, { seconds: 10 });
  assert.deepEqual([sent.method, sent.headers["x-mine"], sent.headers.authorization], ["POST", "h", `Basic ${Buffer.from("user:pass").toString("base64")}`]);
  assert.deepEqual(JSON.parse(sent.body).detail, { n: 1 });
});

test("a template brings the connection and the machine that uses it", async () => {
  const cloudformation = world.client(CloudFormationClient);
  const StackName = unique("stack");
  const TemplateBody = JSON.stringify({
    Resources: {
      Connection: { Type: "AWS::Events::Connection", Properties: { AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "X-Api-Key", ApiKeyValue: "from-a-template" } } } },
      Destination: { Type: "AWS::Events::ApiDestination", Properties: { ConnectionArn: { "Fn::GetAtt": ["Connection", "Arn"] }, InvocationEndpoint: `${url}/echo`, HttpMethod: "POST", InvocationRateLimitPerSecond: 5 } },
      Rule: { Type: "AWS::Events::Rule", Properties: { EventPattern: { source: [StackName] }, Targets: [{ Id: "t", Arn: { "Fn::GetAtt": ["Destination", "Arn"] }, RoleArn: role }] } },
      Machine: {
        Type: "AWS::StepFunctions::StateMachine",
        Properties: { RoleArn: role, Definition: states({ T: task("${connection}", "/echo") }), DefinitionSubstitutions: { connection: { "Fn::GetAtt": ["Connection", "Arn"] } } },
      },
    },
    Outputs: { Machine: { Value: { Ref: "Machine" } }, Connection: { Value: { Ref: "Connection" } }, Secret: { Value: { "Fn::GetAtt": ["Connection", "SecretArn"] } } },
  });
  await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody }));
  const described = async () => (await cloudformation.send(new DescribeStacksCommand({ StackName }))).Stacks[0];
  const stack = await until(described, (s) => !s.StackStatus.endsWith("IN_PROGRESS"), { seconds: 20 });
  assert.equal(stack.StackStatus, "CREATE_COMPLETE", stack.StackStatusReason);
  const outputs = Object.fromEntries(stack.Outputs.map((o) => [o.OutputKey, o.OutputValue]));
  assert.match(outputs.Secret, /:secret:events!connection\//);
  assert.equal((await world.finished(await world.start(outputs.Machine))).status, "SUCCEEDED");
  assert.equal(seen.at(-1).headers["x-api-key"], "from-a-template");
  const asked = seen.length;
  await events.send(new PutEventsCommand({ Entries: [{ Source: StackName, DetailType: "d", Detail: "{}" }] }));
  const [sent] = await until(async () => seen.slice(asked), (list) => list.length > 0, { seconds: 10 });
  assert.deepEqual([sent.headers["x-api-key"], JSON.parse(sent.body).source], ["from-a-template", StackName]);
  await cloudformation.send(new DeleteStackCommand({ StackName }));
  await until(() => described().catch((e) => e), (s) => s instanceof Error || s.StackStatus === "DELETE_COMPLETE", { seconds: 20 });
  await assert.rejects(events.send(new DescribeConnectionCommand({ Name: outputs.Connection })), { name: "ResourceNotFoundException" });
});

test("under enforce the machine's role needs InvokeHTTPEndpoint, the connection's credentials and its secret", async (t) => {
  const root = { accessKeyId: "AKIAROOTROOTROOTROOT", secretAccessKey: "root-secret-of-a-test-0123456789abcdefgh" };
  const server = await Server.start({ auth: "enforce", flags: ["--in-memory", "--runtime", "none"],
                                      environment: { GANTRY_ROOT_ACCESS_KEY: root.accessKeyId, GANTRY_ROOT_SECRET_KEY: root.secretAccessKey } });
  t.after(() => server.stop());
  const [iam, sfn, buses] = [IAMClient, SFNClient, EventBridgeClient].map((Client) => new Client(server.client(root)));
  const ConnectionArn = (await buses.send(new CreateConnectionCommand({ Name: "c", AuthorizationType: "BASIC", AuthParameters: basic }))).ConnectionArn;
  const trust = { Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  const { Arn } = (await iam.send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: JSON.stringify(trust) }))).Role;
  const definition = JSON.stringify(states({ T: task(ConnectionArn, "/echo") }));
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: "m", roleArn: Arn, definition }));
  const outcome = async (...statements) => {
    const policy = { Version: "2012-10-17", Statement: statements.map(([Action, Resource, Condition]) => ({ Effect: "Allow", Action, Resource, Condition })) };
    await iam.send(new PutRolePolicyCommand({ RoleName: "r", PolicyName: "p", PolicyDocument: JSON.stringify(policy) }));
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    const done = await until(() => sfn.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { seconds: 10 });
    return done.error ?? done.status;
  };
  const here = { StringEquals: { "states:HTTPMethod": "GET" }, StringLike: { "states:HTTPEndpoint": `${url}/*` } };
  const elsewhere = { StringLike: { "states:HTTPEndpoint": "https://api.stripe.com/*" } };
  const call = ["states:InvokeHTTPEndpoint", stateMachineArn, here];
  const retrieve = ["events:RetrieveConnectionCredentials", ConnectionArn];
  const secret = [["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], "arn:aws:secretsmanager:*:*:secret:events!connection/*"];
  assert.equal(await outcome(["states:InvokeHTTPEndpoint", stateMachineArn, elsewhere], retrieve, secret), "States.Permissions");
  assert.equal(await outcome(call, secret), "Events.ConnectionResource.AccessDenied");
  assert.equal(await outcome(call, retrieve), "Events.ConnectionResource.AccessDenied");
  assert.equal(await outcome(call, retrieve, secret), "SUCCEEDED");

  // Secrets are shown to those alone who may see them.
  await iam.send(new CreateUserCommand({ UserName: "tester" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "tester" }));
  const may = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["states:TestState", "iam:PassRole"], Resource: "*" }] };
  await iam.send(new PutUserPolicyCommand({ UserName: "tester", PolicyName: "p", PolicyDocument: JSON.stringify(may) }));
  const tester = new SFNClient(server.client({ accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }));
  const ask = (revealSecrets) => tester.send(new TestStateCommand({ definition: JSON.stringify(task(ConnectionArn, "/echo")), roleArn: Arn, inspectionLevel: "TRACE", revealSecrets }));
  assert.ok((await ask(false)).status);
  await refused(ask(true), "AccessDeniedException", /states:RevealSecrets/);
});
