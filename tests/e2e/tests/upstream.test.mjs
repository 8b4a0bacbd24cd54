// What leaves the server signed: calls of services that live elsewhere, requests to an API, as the machine's role.
import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { SFNClient } from "@aws-sdk/client-sfn";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { World, role, states } from "../lib/states.mjs";

let world, elsewhere, url;
const seen = [];

before(async () => {
  elsewhere = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      seen.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify({ Item: { id: { S: "1" } } }));
    });
  });
  await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${elsewhere.address().port}`;
  world = await World.start({ auth: "audit", flags: ["--in-memory", "--runtime", "none", "--upstream", `dynamodb=${url}`] });
});
after(async () => {
  elsewhere.closeAllConnections();
  elsewhere.close();
  await world.server.stop();
});

// Who signed, for what: out of the Authorization header.
function claim(request) {
  const found = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$/.exec(request.headers.authorization);
  assert.ok(found, request.headers.authorization);
  const [, accessKeyId, , region, service, signed] = found;
  return { accessKeyId, region, service, signed: signed.split(";"), sessionToken: request.headers["x-amz-security-token"] };
}
const identity = async ({ accessKeyId, sessionToken }) =>
  new STSClient(world.server.client({ accessKeyId, secretAccessKey: "unknown", sessionToken })).send(new GetCallerIdentityCommand({}));
const get = (more = {}) => ({ Type: "Task", Resource: "arn:aws:states:::dynamodb:getItem", Parameters: { TableName: "t", Key: { id: { S: "1" } } }, ...more });

test("an upstream call is signed for its service and Region with the session's own temporary key", async () => {
  const frankfurt = Object.assign(Object.create(world), { sfn: new SFNClient(world.server.client(undefined, "eu-central-1")) });
  const done = await frankfurt.run(states({ A: get({ Next: "B" }), B: get({ End: true }) }));
  assert.equal(done.status, "SUCCEEDED", done.cause);
  const [a, b] = seen.slice(-2).map(claim);
  assert.match(a.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assert.deepEqual([a.service, a.region], ["dynamodb", "eu-central-1"]);
  assert.ok(a.sessionToken.length > 100);
  for (const header of ["host", "x-amz-date", "x-amz-security-token"]) assert.ok(a.signed.includes(header), header);
  assert.deepEqual(b, a, "a session's key is kept");
  const who = await identity(a);
  assert.equal(who.Account, "000000000000");
  assert.match(who.Arn, /^arn:aws:sts::000000000000:assumed-role\/states\/[0-9a-f]{32}$/);
});

test("a state's own role signs for its own account", async () => {
  const done = await world.run(states({ A: get({ End: true, Credentials: { RoleArn: "arn:aws:iam::111122223333:role/path/theirs" } }) }));
  assert.equal(done.status, "SUCCEEDED", done.cause);
  const who = await identity(claim(seen.at(-1)));
  assert.equal(who.Account, "111122223333");
  assert.match(who.Arn, /^arn:aws:sts::111122223333:assumed-role\/theirs\/[0-9a-f]{32}$/);
});

test("apigateway:invoke signs as the role when it is told to, and not otherwise", async () => {
  const invoke = (AuthType) => ({
    Type: "Task", Resource: "arn:aws:states:::apigateway:invoke", End: true,
    Parameters: { ApiEndpoint: url, Method: "POST", Stage: "prod", Path: "a", RequestBody: { x: 1 }, AuthType },
  });
  const done = await world.run(states({ A: invoke("IAM_ROLE") }));
  assert.equal(done.status, "SUCCEEDED", done.cause);
  assert.equal(seen.at(-1).url, "/prod/a");
  const signed = claim(seen.at(-1));
  assert.deepEqual([signed.service, signed.region], ["execute-api", "us-east-1"]);
  assert.match((await identity(signed)).Arn, new RegExp(`:assumed-role/${role.split("/")[1]}/`));
  await world.run(states({ A: invoke("NO_AUTH") }));
  assert.equal(seen.at(-1).headers.authorization, undefined);
});
