// What a hostile or broken client sends (CONTRACT "HTTP"): one answer at most, nothing of 5xx, and nobody else waits.
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import net from "node:net";
import { gzipSync } from "node:zlib";
import { CreateStateMachineCommand, ListStateMachinesCommand, SFNClient } from "@aws-sdk/client-sfn";
import { CloudWatchClient, PutMetricDataCommand, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { assertBelow, assertPrompt, residentMiB, slowdown } from "../lib/footprint.mjs";
import { Server } from "../lib/server.mjs";

let server, host, port, sfn;
before(async () => {
  server = await Server.start();
  ({ hostname: host, port } = new URL(server.url));
  sfn = new SFNClient(server.client());
});
after(() => server.stop());

// What comes back for these bytes until the server closes, or until `enough` says so.
function exchange(bytes, { enough, seconds = 30 } = {}) {
  const ms = seconds * slowdown * 1000;
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, host);
    let got = "";
    const done = (closed) => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ got, closed, statuses: [...got.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map((m) => Number(m[1])) });
    };
    const timer = setTimeout(() => reject(new Error(`no end after ${ms} ms; so far: ${got.slice(0, 300)}`)), ms);
    socket.on("data", (data) => {
      got += data.toString("latin1");
      if (enough?.(got)) done(false);
    });
    socket.on("end", () => done(true));
    socket.on("close", () => done(true));
    socket.on("error", () => {}); // the server may close while we still send
    socket.write(bytes);
  });
}

const head = (...lines) => lines.join("\r\n") + "\r\n\r\n";
const base = () => ["POST / HTTP/1.1", `Host: ${host}:${port}`, "X-Amz-Target: AWSStepFunctions.ListStateMachines", "Content-Type: application/x-amz-json-1.0"];
const good = (...more) => head(...base(), "Content-Length: 2", ...more) + "{}";
const answered = (got) => /\r\n\r\n[^]*stateMachines/.test(got);

test("what two readers could take for two things is refused once, and the connection closed", async (t) => {
  const smuggled = "GET /_gantry/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const cases = {
    "both lengths": head(...base(), "Content-Length: 2", "Transfer-Encoding: chunked") + `2\r\n{}\r\n0\r\n\r\n${smuggled}`,
    "both lengths, the other way round": head(...base(), "Transfer-Encoding: chunked", "Content-Length: 2") + `0\r\n\r\n${smuggled}`,
    "two lengths": head(...base(), "Content-Length: 2", "Content-Length: 40") + `{}${smuggled}`,
    "a list of lengths": head(...base(), "Content-Length: 2, 40") + `{}${smuggled}`,
    "a signed length": head(...base(), "Content-Length: +2") + `{}${smuggled}`,
    "a negative length": head(...base(), "Content-Length: -2") + `{}${smuggled}`,
    "a hexadecimal length": head(...base(), "Content-Length: 0x2") + `{}${smuggled}`,
    "a length beyond 64 bits": head(...base(), "Content-Length: 18446744073709551618") + `{}${smuggled}`,
    "another transfer coding": head(...base(), "Transfer-Encoding: xchunked") + `{}${smuggled}`,
    "two transfer codings": head(...base(), "Transfer-Encoding: chunked, identity") + `{}${smuggled}`,
    "a space before the colon": head(...base(), "Content-Length : 2") + `{}${smuggled}`,
    "a folded line": head(...base(), "X-A: b\r\n Content-Length: 40", "Content-Length: 2") + `{}${smuggled}`,
    "a bare carriage return": head(...base(), "X-A: b\rContent-Length: 40", "Content-Length: 2") + `{}${smuggled}`,
    "a zero byte": head(...base(), "X-A: b\0c", "Content-Length: 2") + `{}${smuggled}`,
    "lines without carriage returns": good().replaceAll("\r\n", "\n") + smuggled,
    "a chunk size beyond 64 bits": head(...base(), "Transfer-Encoding: chunked") + `FFFFFFFFFFFFFFFFF\r\n{}\r\n${smuggled}`,
    "a chunk that goes on": head(...base(), "Transfer-Encoding: chunked") + `2\r\n{}xx\r\n0\r\n\r\n${smuggled}`,
    "an endless chunk extension": head(...base(), "Transfer-Encoding: chunked") + `2;${"x".repeat(100_000)}\r\n{}\r\n0\r\n\r\n`,
    "no version": `GET /_gantry/health\r\n\r\n${smuggled}`,
    "another version": head("POST / HTTP/3.0", ...base().slice(1), "Content-Length: 2") + `{}${smuggled}`,
    "TLS": Buffer.from("16030100a5010000a10303" + "00".repeat(160), "hex"),
    "no Host": head(...base().filter((line) => !line.startsWith("Host")), "Content-Length: 2") + `{}${smuggled}`,
    "two Hosts": head(...base(), "Host: localhost", "Content-Length: 2") + `{}${smuggled}`,
  };
  for (const [name, bytes] of Object.entries(cases)) {
    await t.test(name, async () => {
      const { statuses, closed } = await exchange(bytes);
      assert.equal(closed, true);
      assert.equal(statuses.length, 1, `answers: ${statuses}`);
      assert.ok(statuses[0] >= 400 && statuses[0] < 500 || statuses[0] === 501 || statuses[0] === 505, `status ${statuses[0]}`);
    });
  }
});

test("what is too large is refused before it is held", async (t) => {
  await t.test("headers", async () => {
    for (const bytes of [head(...base(), `X-A: ${"b".repeat(200_000)}`), head(...base(), ...Array.from({ length: 20_000 }, (_, i) => `X-${i}: b`))]) {
      const { statuses, closed } = await exchange(bytes);
      assert.deepEqual([statuses.length, closed], [1, true]);
      assert.ok([400, 413, 431].includes(statuses[0]), `status ${statuses[0]}`);
    }
  });
  await t.test("a body by its length, before it is sent", async () => {
    const { statuses, closed } = await exchange(head(...base(), "Content-Length: 9000000000"));
    assert.deepEqual([statuses, closed], [[413], true]);
  });
  await t.test("a body in chunks that never end", async () => {
    const chunk = `100000\r\n${"x".repeat(0x100000)}\r\n`;
    const { statuses, closed } = await exchange(head(...base(), "Transfer-Encoding: chunked") + chunk.repeat(40));
    assert.deepEqual([statuses.filter((one) => one !== 413), closed], [[], true]);
  });
  await t.test("a small body that unpacks to a large one", async () => {
    const before = rss();
    const bomb = gzipSync(Buffer.alloc(400 * 1048576, " "));
    const { statuses } = await exchange(Buffer.concat([Buffer.from(head(...base(), "Content-Encoding: gzip", `Content-Length: ${bomb.length}`, "Connection: close"), "latin1"), bomb]));
    assert.equal(statuses.length, 1);
    assert.ok(statuses[0] >= 400 && statuses[0] < 500, `status ${statuses[0]}`);
    assertBelow(rss() - before, 100, "more");
  });
});

test("what HTTP allows is taken", async (t) => {
  await t.test("requests one behind the other", async () => {
    const { got, statuses } = await exchange(good() + good() + good("Connection: close"));
    assert.deepEqual(statuses, [200, 200, 200]);
    assert.equal(got.match(/stateMachines/g).length, 3);
  });
  await t.test("a body in chunks, byte by byte", async () => {
    const { statuses } = await exchange(head(...base(), "Transfer-Encoding: chunked", "Connection: close") + "1;a=b\r\n{\r\n1\r\n}\r\n0\r\nX-Trailer: 1\r\n\r\n");
    assert.deepEqual(statuses, [200]);
  });
  await t.test("Expect: 100-continue", async () => {
    const { statuses } = await exchange(good("Expect: 100-continue", "Connection: close"));
    assert.deepEqual(statuses.filter((one) => one !== 100), [200]);
  });
  await t.test("HTTP/1.0", async () => {
    const { got, closed } = await exchange(good().replace("HTTP/1.1", "HTTP/1.0"));
    assert.match(got, /^HTTP\/1\.[01] 200/);
    assert.equal(closed, true);
  });
  await t.test("a packed body, as SDKs send metrics", async () => {
    const cloudwatch = new CloudWatchClient({ ...server.client(), requestMinCompressionSizeBytes: 0 });
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: "Packed", MetricData: [{ MetricName: "m", Value: 1 }] }));
    assert.equal((await cloudwatch.send(new ListMetricsCommand({ Namespace: "Packed" }))).Metrics.length, 1);
  });
});

test("bodies that are no requests get the protocol's error, never a failure of the server", async (t) => {
  const deep = 200_000;
  const cases = {
    "broken JSON": ['{"a":', "SerializationException"],
    "no object": ["[1]", "SerializationException"],
    "a number": ["7", "SerializationException"],
    "deep arrays": ["[".repeat(deep), "SerializationException"],
    "deep objects": ['{"a":'.repeat(deep), "SerializationException"],
    "text that is no UTF-8": ['{"nextToken":"\xff\xfe"}', "SerializationException"],
    "another type": ['{"maxResults":"x"}', "SerializationException"],
  };
  for (const [name, [body, code]] of Object.entries(cases)) {
    await t.test(name, async () => {
      const bytes = Buffer.from(body, "latin1");
      const { got, statuses } = await exchange(Buffer.concat([Buffer.from(head(...base(), `Content-Length: ${bytes.length}`, "Connection: close")), bytes]));
      assert.deepEqual(statuses, [400]);
      assert.match(got, new RegExp(code));
    });
  }
  for (const [name, target] of Object.entries({ "another operation": "AWSStepFunctions.NoSuch", "another service": "NoSuch.NoSuch" })) {
    await t.test(name, async () => {
      const { got, statuses } = await exchange(head("POST / HTTP/1.1", `Host: ${host}:${port}`, `X-Amz-Target: ${target}`, "Content-Length: 2", "Connection: close") + "{}");
      assert.deepEqual(statuses, [400]);
      assert.match(got, /UnknownOperationException/);
    });
  }
  await t.test("a form of very many members", async () => {
    const body = "Action=Publish&Version=2010-03-31&TopicArn=x&Message=y" + Array.from({ length: 100_000 }, (_, i) => `&a.${i}.b=c`).join("");
    const { statuses } = await exchange(head("POST / HTTP/1.1", `Host: ${host}:${port}`, "Content-Type: application/x-www-form-urlencoded", `Content-Length: ${body.length}`, "Connection: close") + body);
    assert.equal(statuses.length, 1);
    assert.ok(statuses[0] >= 400 && statuses[0] < 500, `status ${statuses[0]}`);
  });
});

test("a page somewhere else reaches nothing through its visitor's browser", async () => {
  const forged = await exchange(good("Connection: close").replace(`Host: ${host}:${port}`, "Host: rebound.example"));
  assert.equal(forged.statuses[0], 403);
  const foreign = await exchange(good("Connection: close", "Origin: https://elsewhere.example"));
  assert.equal(foreign.statuses[0], 403);
  assert.doesNotMatch(foreign.got, /Access-Control-Allow-Origin/i);
});

const rss = () => residentMiB(server);

// How many times longer than a quiet machine this one takes at this moment for a bit of work: bounds grow as much.
function slowness() {
  const begun = performance.now();
  let sum = 0;
  for (let i = 0; i < 20_000_000; ++i) sum = (Math.imul(sum, 31) + i) | 0;
  return Math.max(1, (performance.now() - begun + (sum & 1)) / 60);
}
async function promptly(waits) {
  const before = slowness(), worst = await waits(), bound = 2_000 * Math.max(before, slowness());
  assertPrompt(worst, bound);
}

// The slowest of some calls that another client makes meanwhile, in ms.
async function othersWait(calls = 20) {
  let worst = 0;
  for (let i = 0; i < calls; ++i) {
    const begun = performance.now();
    await sfn.send(new ListStateMachinesCommand({}));
    worst = Math.max(worst, performance.now() - begun);
  }
  return worst;
}

test("others get their answers within two seconds, whatever one client does", async (t) => {
  await t.test("connections that send a byte now and then", async () => {
    const sockets = Array.from({ length: 500 }, () => net.connect(port, host));
    for (const socket of sockets) socket.on("error", () => {}).write(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 100\r\n`);
    const drip = setInterval(() => sockets.forEach((socket) => socket.write("X")), 50);
    await promptly(othersWait);
    clearInterval(drip);
    sockets.forEach((socket) => socket.destroy());
  });
  await t.test("receivers that do not read", async () => {
    const text = JSON.stringify({ Comment: "x".repeat(900_000), StartAt: "A", States: { A: { Type: "Succeed" } } });
    const { stateMachineArn } = await sfn.send(new CreateStateMachineCommand({ name: "large", roleArn: "arn:aws:iam::000000000000:role/r", definition: text }));
    const body = JSON.stringify({ stateMachineArn });
    const request = head(...base().map((line) => line.replace("ListStateMachines", "DescribeStateMachine")), `Content-Length: ${body.length}`) + body;
    const sockets = Array.from({ length: 150 }, () => net.connect({ port, host, onread: { buffer: Buffer.alloc(1), callback: () => false } }));
    for (const socket of sockets) socket.on("error", () => {}).write(request.repeat(4));
    await promptly(othersWait);
    assertBelow(rss(), 600);
    sockets.forEach((socket) => socket.destroy());
  });
  const post = (target, body) => head(...base().map((line) => line.replace("ListStateMachines", target)), `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close") + body;
  const heavy = {
    "definitions that are hard to check": () => {
      const states = Object.fromEntries(Array.from({ length: 9_000 }, (_, i) => [`S${i}`, { Type: "Pass", Next: `S${i + 1}`, Parameters: { "a.$": "$$.x[?(@.a" } }]));
      return post("ValidateStateMachineDefinition", JSON.stringify({ definition: JSON.stringify({ StartAt: "S0", States: states }).slice(0, 1_000_000) }));
    },
    "expressions that never end": () =>
      post("TestState", JSON.stringify({ roleArn: "arn:aws:iam::000000000000:role/r", input: "{}", definition: JSON.stringify({ Type: "Pass", QueryLanguage: "JSONata", Output: "{% ($f := function($x) { $f($x + 1) }; $f(0)) %}", End: true }) })),
    "patterns that take for ever": () =>
      post("TestState", JSON.stringify({ roleArn: "arn:aws:iam::000000000000:role/r", input: JSON.stringify("a".repeat(50_000)), definition: JSON.stringify({ Type: "Pass", QueryLanguage: "JSONata", Output: "{% $match($states.input, /(a*)*b/) %}", End: true }) })),
    "large ranges": () =>
      post("TestState", JSON.stringify({ roleArn: "arn:aws:iam::000000000000:role/r", input: "{}", definition: JSON.stringify({ Type: "Pass", QueryLanguage: "JSONata", Output: "{% $sum([1..9999999].($ * $)) %}", End: true }) })),
    "deep paths": () =>
      post("TestState", JSON.stringify({ roleArn: "arn:aws:iam::000000000000:role/r", input: `${"[".repeat(500)}1${"]".repeat(500)}`, definition: JSON.stringify({ Type: "Pass", InputPath: `$${"..[*]".repeat(12)}`, End: true }) })),
  };
  for (const [name, make] of Object.entries(heavy)) {
    await t.test(name, async () => {
      const bytes = make();
      let running;
      await promptly(() => {
        running = Array.from({ length: 4 }, () => exchange(bytes, { seconds: 120 }));
        return othersWait(10);
      });
      for (const { statuses } of await Promise.all(running)) assert.ok(statuses.length === 1 && statuses[0] < 500, `answered ${statuses}`);
      assertBelow(rss(), 600);
    });
  }
});

test("--quotas aws: a burst passes, what is beyond it is told to come again, and SDKs do", async () => {
  const limited = await Server.start({ flags: ["--quotas", "aws"] });
  const once = new SFNClient(limited.client());
  const outcomes = await Promise.allSettled(Array.from({ length: 110 }, () => once.send(new ListStateMachinesCommand({}))));
  const refused = outcomes.filter((one) => one.status === "rejected").map((one) => one.reason);
  assert.ok(refused.length >= 1 && refused.length <= 10, `${refused.length} refused`);
  for (const { name, message, $metadata } of refused) assert.deepEqual([name, message, $metadata.httpStatusCode], ["ThrottlingException", "Rate exceeded", 400]);
  const patient = new SFNClient({ ...limited.client(), maxAttempts: 10 });
  await patient.send(new ListStateMachinesCommand({}));
  await limited.stop();
});

test("ten thousand idle connections take little, and the next one is served", async () => {
  // A server of its own: what the tests before have left in another's memory does not count.
  await server.stop();
  server = await Server.start();
  ({ hostname: host, port } = new URL(server.url));
  sfn = new SFNClient(server.client());
  const sockets = [];
  for (let i = 0; i < 10_000; ++i) {
    sockets.push(net.connect(port, host).on("error", () => {}));
    if (i % 500 === 499) await new Promise((resolve) => sockets.at(-1).once("connect", resolve));
  }
  await promptly(othersWait);
  assertBelow(rss(), 200);
  sockets.forEach((socket) => socket.destroy());
  await promptly(othersWait);
});
