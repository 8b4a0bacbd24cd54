// The server's own calls (docs/api.md): the push of an execution's events, what enforce asks for, what a browser may not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CreateStateMachineCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { SNSClient, CreateTopicCommand, PublishCommand } from "@aws-sdk/client-sns";
import { follow } from "../lib/event_stream.mjs";
import { assertBelow, assertIdle, cpuMs, residentMiB } from "../lib/footprint.mjs";
import { Server, until } from "../lib/server.mjs";

const roleArn = "arn:aws:iam::000000000000:role/any";
const machine = { StartAt: "First", States: { First: { Type: "Pass", Next: "Pause" }, Pause: { Type: "Wait", Seconds: 1, Next: "Last" }, Last: { Type: "Pass", End: true } } };

const eventsOf = (messages) => messages.filter((m) => m.event === "events").flatMap((m) => m.data.events);
const ended = (messages) => messages.some((m) => m.event === "status" && m.data.status !== "RUNNING");

test("an execution's events are pushed as they come, and a reader that comes back gets what it missed", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  try {
    const sfn = new SFNClient(server.client());
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: "pushed", roleArn, definition: JSON.stringify(machine) }));
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: "one" }));
    const url = `${server.url}/_gantry/api/executions/events?executionArn=${encodeURIComponent(executionArn)}`;
    const early = await follow(url, (m) => eventsOf(m).length > 0 && m.some((s) => s.event === "status"));
    assert.equal(early.find((m) => m.event === "status").data.status, "RUNNING");
    const last = Number(early.findLast((m) => m.id).id);
    const late = await follow(url, ended, { "Last-Event-ID": String(last) });
    const ids = [...eventsOf(early), ...eventsOf(late)].map((e) => e.id);
    assert.deepEqual(ids, ids.map((_, i) => i + 1));
    assert.equal(eventsOf(late).at(-1).type, "ExecutionSucceeded");
    assert.equal(eventsOf(late)[0].id, last + 1);
    // Of one that has ended, all at once.
    assert.equal(eventsOf(await follow(url, ended)).length, ids.length);
    const counts = await (await fetch(`${server.url}/_gantry/api/executions/counts?stateMachineArn=${encodeURIComponent(stateMachineArn)}`)).json();
    assert.deepEqual(counts, { counts: { RUNNING: 0, SUCCEEDED: 1, FAILED: 0, TIMED_OUT: 0, ABORTED: 0 }, exact: true });
  } finally {
    await server.stop();
  }
});

test("three thousand look at one execution: each gets every event, and that they look costs next to nothing", async (t) => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  t.after(() => server.child.kill());
  const sfn = new SFNClient(server.client());
  const waits = { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 3600, End: true } } };
  const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: "watched", roleArn, definition: JSON.stringify(waits) }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  const url = `${server.url}/_gantry/api/executions/events?executionArn=${encodeURIComponent(executionArn)}`;
  const viewers = [];
  for (let i = 0; i < 3000; ++i) {
    viewers.push(follow(url, ended));
    if (i % 100 === 99) await Promise.all(viewers.slice(-100).map((viewer) => viewer.connected));
  }
  const resident = residentMiB(server);
  const looked = cpuMs(server);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const idle = cpuMs(server) - looked;
  await sfn.send(new StopExecutionCommand({ executionArn }));
  for (const messages of await Promise.all(viewers)) {
    assert.deepEqual(eventsOf(messages).map((e) => [e.id, e.type]), [[1, "ExecutionStarted"], [2, "WaitStateEntered"], [3, "ExecutionAborted"]]);
  }
  t.diagnostic(`3,000 viewers: the server has ${resident.toFixed(0)} MiB, ${idle} ms of CPU in a second`);
  assertBelow(resident, 100, "with 3,000 viewers");
  assertIdle(idle);
  await server.stop();
});

test("executions are found by a text in their input", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  try {
    const sfn = new SFNClient(server.client());
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: "searched", roleArn, definition: JSON.stringify(machine) }));
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name: "a", input: '{"order":"needle-7"}' }));
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: "b", input: '{"order":"hay"}' }));
    await sfn.send(new StopExecutionCommand({ executionArn, error: "Broken", cause: "a needle in it" }));
    const found = await (await fetch(`${server.url}/_gantry/api/executions/search?stateMachineArn=${encodeURIComponent(stateMachineArn)}&text=needle`)).json();
    assert.deepEqual(found.executions.map((e) => [e.name, e.where]), [["b", "cause"], ["a", "input"]]);
    assert.equal(found.looked, 2);

    // More than one answer holds: `next` leads on to what has not been told yet.
    for (let i = 0; i < 450; i += 50) await Promise.all(Array.from({ length: 50 }, (_, n) => sfn.send(new StartExecutionCommand({ stateMachineArn, name: `many-${i + n}` }))));
    const search = (from) => fetch(`${server.url}/_gantry/api/executions/search?stateMachineArn=${encodeURIComponent(stateMachineArn)}&text=many&from=${encodeURIComponent(from)}`);
    const names = [];
    for (let from = ""; names.length < 1000; ) {
      const page = await (await search(from)).json();
      names.push(...page.executions.map((e) => e.name));
      if (!page.next) break;
      from = page.next;
    }
    assert.equal(names.length, 450);
    assert.equal(new Set(names).size, 450);
    assert.equal((await search("not one of ours")).status, 400);
  } finally {
    await server.stop();
  }
});

test("a topic's last messages tell who got them", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  try {
    const sns = new SNSClient(server.client());
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "told" }));
    const queue = server.aws("sqs", "create-queue", "--queue-name", "heard").QueueUrl;
    const queueArn = server.aws("sqs", "get-queue-attributes", "--queue-url", queue, "--attribute-names", "QueueArn").Attributes.QueueArn;
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queueArn }] });
    server.aws("sqs", "set-queue-attributes", "--queue-url", queue, "--attributes", JSON.stringify({ Policy }));
    server.aws("sns", "subscribe", "--topic-arn", TopicArn, "--protocol", "sqs", "--notification-endpoint", queueArn);
    const { MessageId } = await sns.send(new PublishCommand({ TopicArn, Message: "héllo", Subject: "s" }));
    const { messages } = await until(
      async () => (await fetch(`${server.url}/_gantry/api/topics/messages?topicArn=${encodeURIComponent(TopicArn)}`)).json(),
      (answer) => answer.messages[0]?.deliveries[0]?.state === "delivered",
    );
    assert.equal(messages.length, 1);
    assert.deepEqual([messages[0].messageId, messages[0].message, messages[0].subject, messages[0].deliveries[0].endpoint], [MessageId, "héllo", "s", queueArn]);
  } finally {
    await server.stop();
  }
});

test("under enforce the calls below /_gantry/api/ need credentials, and the console's files do not", async () => {
  const server = await Server.start({ auth: "enforce", flags: ["--runtime", "none"], environment: { GANTRY_ROOT_ACCESS_KEY: "AKIAROOTROOTROOTROOT", GANTRY_ROOT_SECRET_KEY: "a-secret-of-the-root" } });
  try {
    for (const path of ["server", "samples", "decisions", "task-output/x", "executions/counts", "nothing"]) {
      const answer = await fetch(`${server.url}/_gantry/api/${path}`);
      assert.ok([400, 403].includes(answer.status), `${path}: ${answer.status}`);
      assert.equal((await answer.json()).__type, "MissingAuthenticationTokenException");
    }
    const page = await fetch(`${server.url}/console/`);
    assert.ok([200, 503].includes(page.status));
    assert.match(page.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'/);
  } finally {
    await server.stop();
  }
});

test("pages of other sites reach nothing, and methods other than GET are refused", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  try {
    assert.equal((await fetch(`${server.url}/_gantry/api/server`, { headers: { Origin: "https://elsewhere.example" } })).status, 403);
    assert.equal((await fetch(`${server.url}/_gantry/api/server`, { headers: { Origin: server.url } })).status, 200);
    assert.equal((await fetch(`${server.url}/_gantry/api/server`, { method: "POST" })).status, 405);
    assert.equal((await fetch(`${server.url}/_gantry/api/executions/events?executionArn=arn:aws:states:us-east-1:000000000000:execution:no:no`)).status, 404);
    assert.equal((await fetch(`${server.url}/_gantry/api/executions/events?executionArn=x`)).status, 400);
    assert.equal((await fetch(`${server.url}/_gantry/api/executions/counts?stateMachineArn=arn:aws:states:us-east-1:111111111111:stateMachine:other`)).status, 404);
  } finally {
    await server.stop();
  }
});

test("the console's files are compressed, kept by digest, and answered 304 when they are known", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  try {
    const page = await fetch(`${server.url}/console/`);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("cache-control"), "no-cache");
    const html = await page.text();
    assert.equal((await fetch(`${server.url}/console/`, { headers: { "If-None-Match": page.headers.get("etag") } })).status, 304);
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(html)[1];
    const answer = await fetch(`${server.url}/console/${script}`);
    assert.equal(answer.headers.get("content-encoding"), "gzip");
    assert.match(answer.headers.get("cache-control"), /immutable/);
    assert.match(answer.headers.get("content-type"), /^text\/javascript/);
    const plain = await fetch(`${server.url}/console/${script}`, { headers: { "Accept-Encoding": "identity" } });
    assert.equal(plain.headers.get("content-encoding"), null);
    assert.equal(await plain.text(), await answer.text());
    assert.equal((await fetch(`${server.url}/console/assets/none.js`)).status, 404);
    assert.equal((await fetch(`${server.url}/console`, { redirect: "manual" })).headers.get("location"), "/console/");
  } finally {
    await server.stop();
  }
});
