// What the server leans on stalls: an upstream that takes calls and never answers, a disk that does not come back, a container's supervisor that is killed. What waits for
// it comes to its end in time, and everybody else notices nothing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, until } from "../e2e/lib/server.mjs";
import { client, ecs, retryable, sfn, sleep } from "./lib/aws.mjs";
import { containersRun, prepare } from "./lib/containers.mjs";
import { Ledger } from "./lib/ledger.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const make = async (states, name, all) => (await states.send(new sfn.CreateStateMachineCommand({ name, definition: JSON.stringify({ StartAt: Object.keys(all)[0], States: all }), roleArn }))).stateMachineArn;

async function upstream({ say }) {
  let taken = 0;
  const sockets = new Set();
  const silent = createServer((socket) => {
    ++taken;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => {});
  });
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const server = await Server.start({ flags: ["--in-memory", "--runtime", "none", "--upstream", `dynamodb=http://127.0.0.1:${silent.address().port}`] });
  try {
    const states = client(sfn.SFNClient, server);
    const asks = await make(states, "asks", {
      T: { Type: "Task", Resource: "arn:aws:states:::aws-sdk:dynamodb:getItem", Parameters: { TableName: "t", Key: {} }, TimeoutSeconds: 2, Catch: [{ ErrorEquals: ["States.Timeout"], Next: "C" }], End: true },
      C: { Type: "Pass", Result: "timed out", End: true },
    });
    const quick = await make(states, "quick", { A: { Type: "Pass", End: true } });
    const start = async (stateMachineArn) => (await states.send(new sfn.StartExecutionCommand({ stateMachineArn, input: "{}" }))).executionArn;
    const ended = (executionArn) => until(() => states.send(new sfn.DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { seconds: 20 });
    const asking = [];
    for (let i = 0; i < 100; ++i) asking.push(await start(asks));
    let longest = 0;
    for (let i = 0; i < 40; ++i) {
      const begun = Date.now();
      await ended(await start(quick));
      longest = Math.max(longest, Date.now() - begun);
    }
    assert.ok(longest < 2_000, `others take ${longest} ms`);
    for (const one of asking) assert.equal((await ended(one)).output, '"timed out"');
    assert.ok(taken > 0, "nobody asked the upstream");
    say(`100 tasks whose upstream never answers timed out; others took at most ${longest} ms meanwhile`);
  } finally {
    await server.stop();
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
}

// The device does not come back from a call: what would write is refused after some seconds, what looks is answered or told to come again.
async function disk({ say }) {
  const scratch = mkdtempSync(join(tmpdir(), "gantry-hang-"));
  const shim = join(scratch, "failing_calls.so"), hang = join(scratch, "hang"), dataDir = join(scratch, "data");
  execFileSync("clang-19", ["-O1", "-shared", "-fPIC", "-o", shim, new URL("failing_calls.c", import.meta.url).pathname, "-ldl", "-lpthread"]);
  const server = await Server.start({ dataDir, flags: ["--runtime", "none"], environment: { LD_PRELOAD: shim, TORTURE_FOLDER: dataDir, TORTURE_HANG: hang } });
  try {
    // Who asks has patience: what is bounded is the server's.
    const states = client(sfn.SFNClient, server, { requestHandler: { requestTimeout: 60_000, throwOnRequestTimeout: true } });
    const quick = await make(states, "quick", { A: { Type: "Pass", End: true } });
    const ledger = new Ledger();
    const start = async (n) => {
      const input = `{"n":${n}}`;
      const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: quick, input }));
      ledger.acknowledged(executionArn, "quick", input);
      return executionArn;
    };
    const known = await start(0);
    writeFileSync(hang, "");
    let asked = 0, lost = 0;
    const asking = [];  // acknowledged once the disk is back
    const refused = await until(
      async () => {
        const one = start(++asked).then(() => null, (error) => error);
        asking.push(one);
        return Promise.race([one, sleep(300)]);
      },
      (error) => error && retryable(error), { seconds: 60 });
    const looks = async (what, ask) => {
      const begun = Date.now();
      const status = await ask().catch((error) => error.$metadata?.httpStatusCode ?? error);
      assert.ok(status === 200 || status === 503, `${what}: ${status}`);
      assert.ok(Date.now() - begun < 20_000, `${what} took ${Date.now() - begun} ms`);
      return status;
    };
    const by = async (path) => (await fetch(`${server.url}${path}`, { signal: AbortSignal.timeout(60_000) })).status;
    const answers = await Promise.all([
      looks("health", () => by("/_gantry/health")), looks("metrics", () => by("/_gantry/metrics")), looks("the server's own API", () => by("/_gantry/api/server")),
      looks("counts", () => by(`/_gantry/api/executions/counts?stateMachineArn=${encodeURIComponent(quick)}`)),
      looks("events", () => by(`/_gantry/api/executions/events?executionArn=${encodeURIComponent(known)}`)),
      looks("DescribeExecution", async () => (await states.send(new sfn.DescribeExecutionCommand({ executionArn: known }))).$metadata.httpStatusCode),
    ]);
    assert.deepEqual(answers.slice(0, 2), [200, 200]);
    rmSync(hang);
    for (const one of asking) if (await one) ++lost;
    await until(() => start("null").catch((error) => (retryable(error) ? null : Promise.reject(error))), Boolean, { seconds: 30 });
    await ledger.settle(states, 30);
    say(`a disk that hung: ${asked} starts until ${refused.name}, ${asked - lost} of them acknowledged once it came back, looks answered ${answers.join(" ")}; ${ledger.finished} ended`);

    // And a server that is told to end meanwhile does.
    writeFileSync(hang, "");
    start(1).catch(() => {});
    await sleep(200);
    const begun = Date.now();
    server.child.kill("SIGTERM");
    const { code } = await server.exited;
    assert.ok(Date.now() - begun < 40_000, `ended ${Date.now() - begun} ms after SIGTERM`);
    say(`SIGTERM while the disk hung: ended with ${code} after ${Date.now() - begun} ms`);
    rmSync(hang);
    await server.launch(server.listen);
    const again = client(sfn.SFNClient, server);
    for (const arn of ledger.entries.keys()) await ledger.read(again, arn);
    await server.stop();
  } finally {
    rmSync(hang, { force: true });
    if (server.child.exitCode === null) server.child.kill("SIGKILL");
    await server.exited;
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function supervisor({ say }) {
  if (!containersRun()) return say("the supervisor's end is not tried: containers need root, crun and busybox");
  const server = await Server.start({});
  try {
    const subnet = await prepare(server, "long", ["sleep", "300"]);
    const states = client(sfn.SFNClient, server), tasks = client(ecs.ECSClient, server);
    const machine = await make(states, "long", {
      R: {
        Type: "Task", Resource: "arn:aws:states:::ecs:runTask.sync",
        Parameters: { Cluster: "torture", TaskDefinition: "long", LaunchType: "FARGATE", NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [subnet] } } },
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "C" }], End: true,
      },
      C: { Type: "Pass", Result: "caught", End: true },
    });
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: machine }));
    const [taskArn] = (await until(() => tasks.send(new ecs.ListTasksCommand({ cluster: "torture" })), (r) => r.taskArns.length === 1)).taskArns;
    await until(async () => (await tasks.send(new ecs.DescribeTasksCommand({ cluster: "torture", tasks: [taskArn] }))).tasks[0], (t) => t.lastStatus === "RUNNING");
    for (const task of readdirSync(join(server.dataDir, "tasks"))) process.kill(Number(readFileSync(join(server.dataDir, "tasks", task, "shim.pid"), "utf8")), "SIGKILL");
    const killed = Date.now();
    const end = await until(() => states.send(new sfn.DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { seconds: 30 });
    assert.equal(end.output, '"caught"');
    say(`a task whose supervisor was killed ended ${Date.now() - killed} ms later`);
  } finally {
    await server.stop();
  }
}

export async function run(given) {
  await upstream(given);
  await disk(given);
  await supervisor(given);
}
