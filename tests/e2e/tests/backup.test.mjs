// Backups: made while the server is at work and while none runs, restored elsewhere, looked into, and found out when they are damaged.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import {
  CreateActivityCommand, CreateStateMachineCommand, DescribeExecutionCommand, DescribeStateMachineCommand, GetActivityTaskCommand, GetExecutionHistoryCommand,
  SendTaskSuccessCommand, SFNClient, StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { busyboxImage, Server, until } from "../lib/server.mjs";
import { pass, role, states } from "../lib/states.mjs";

const scratch = mkdtempSync(join(tmpdir(), "gantry-backup-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const binary = process.env.GANTRY_BINARY;
const gantry = (args, environment = {}) => spawnSync(binary, args, { encoding: "utf8", timeout: 60_000, env: { ...process.env, ...environment } });
const inspect = (folder) => {
  const { status, stdout } = gantry(["inspect", folder, "--json"]);
  return { status, ...JSON.parse(stdout) };
};

function flip(path, offset) {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0] ^= 0x04;
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
}

const machineOf = async (sfn, name, definition) =>
  (await sfn.send(new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: role }))).stateMachineArn;
const history = async (sfn, executionArn) => (await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events;

test("a backup of a server at work holds all that was acknowledged, and what is open goes on from it", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  const sfn = new SFNClient(server.client());
  const { activityArn } = await sfn.send(new CreateActivityCommand({ name: "hands" }));
  const quick = await machineOf(sfn, "quick", states({ A: { Type: "Pass", Next: "B" }, B: pass() }));
  const waits = await machineOf(sfn, "waits", states({ W: { Type: "Wait", Seconds: 20, Next: "End" }, End: pass() }));
  const tasks = await machineOf(sfn, "tasks", states({ T: { Type: "Task", Resource: activityArn, End: true } }));
  server.gantry("image", "import", busyboxImage(), "kept:1");

  const start = async (stateMachineArn) => (await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{"n": 1}' }))).executionArn;
  const known = [];
  for (let i = 0; i < 50; ++i) known.push(await start(quick));
  const waiting = await start(waits), working = await start(tasks);
  const { taskToken } = await sfn.send(new GetActivityTaskCommand({ activityArn }));
  const before = new Map();
  for (const arn of [...known, waiting, working]) before.set(arn, await history(sfn, arn));

  // Load goes on while the backup is made.
  let loading = true, loaded = 0;
  const load = (async () => {
    for (; loading; await new Promise((resolve) => setImmediate(resolve))) {
      await start(quick);
      ++loaded;
    }
  })();
  const backup = join(scratch, "running");
  const environment = { ...process.env, GANTRY_ENDPOINT: server.url, GANTRY_DATA_DIR: server.dataDir };
  const { stdout } = await promisify(execFile)(binary, ["backup", backup], { env: environment });
  loading = false;
  await load;
  assert.match(stdout, /its server goes on/);
  assert.ok(loaded > 0, "the server goes on meanwhile");
  assert.deepEqual(readdirSync(join(server.dataDir, "snapshots")), [], "the server's snapshot is gone");
  server.child.kill("SIGKILL");
  await server.exited;

  const looked = inspect(backup);
  assert.equal(looked.status, 0);
  assert.ok(looked.healthy && looked.openExecutions >= 2 && looked.resources["states/machine"] === 3, JSON.stringify(looked));

  const there = join(scratch, "restored");
  const restored = gantry(["restore", backup, "--data-dir", there]);
  assert.equal(restored.status, 0, restored.stderr);
  assert.notEqual(gantry(["restore", backup, "--data-dir", there]).status, 0, "a directory with something in it is refused");
  assert.match(execFileSync(binary, ["image", "ls", "--data-dir", there], { encoding: "utf8" }), /kept:1/);

  const elsewhere = await Server.start({ dataDir: there, flags: ["--runtime", "none"] });
  const other = new SFNClient(elsewhere.client());
  for (const [arn, events] of before) assert.deepEqual((await history(other, arn)).slice(0, events.length), events, "what was read is a prefix");
  assert.equal((await other.send(new DescribeStateMachineCommand({ stateMachineArn: quick }))).name, "quick");
  await other.send(new SendTaskSuccessCommand({ taskToken, output: '"done by hand"' }));
  const ended = (executionArn) => until(() => other.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING");
  assert.equal((await ended(working)).output, '"done by hand"');
  assert.equal((await ended(waiting)).status, "SUCCEEDED");
  await elsewhere.stop();
  rmSync(server.dataDir, { recursive: true, force: true });
});

test("a backup is made where no server runs, of what a crash has left too", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  const sfn = new SFNClient(server.client());
  const machine = await machineOf(sfn, "m", states({ A: pass() }));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: machine }));
  server.child.kill("SIGKILL");
  await server.exited;
  const backup = join(scratch, "offline");
  const made = gantry(["backup", backup, "--data-dir", server.dataDir]);
  assert.equal(made.status, 0, made.stderr);
  assert.equal(gantry(["restore", backup, "--data-dir", join(scratch, "offline-there")]).status, 0);
  const again = await Server.start({ dataDir: join(scratch, "offline-there"), flags: ["--runtime", "none"] });
  assert.equal((await new SFNClient(again.client()).send(new DescribeExecutionCommand({ executionArn }))).status, "SUCCEEDED");
  await again.stop();

  // A flipped bit anywhere in it is found and named.
  const files = readdirSync(backup, { recursive: true }).filter((path) => statSync(join(backup, path)).isFile() && statSync(join(backup, path)).size > 0);
  for (const path of files) {
    const file = join(backup, path), offset = Math.floor(statSync(file).size / 2);
    flip(file, offset);
    const looked = inspect(backup);
    assert.equal(looked.status, 1, path);
    assert.ok(looked.damage.some((line) => line.includes(path)), `${path}: ${looked.damage}`);
    const into = join(scratch, "damaged");
    const refused = gantry(["restore", backup, "--data-dir", into]);
    assert.equal(refused.status, 1, path);
    assert.ok(refused.stderr.includes(path), refused.stderr);
    if (existsSync(into)) assert.equal(gantry(["serve", "--listen", "127.0.0.1:0", "--runtime", "none", "--data-dir", into]).status, 1, "what was not restored to the end is not served");
    rmSync(into, { recursive: true, force: true });
    flip(file, offset);
  }
  assert.equal(inspect(backup).status, 0);
  rmSync(server.dataDir, { recursive: true, force: true });
});

test("under enforce a backup is for the root alone", async () => {
  const root = { GANTRY_ROOT_ACCESS_KEY: "AKIAROOTROOTROOTROOT", GANTRY_ROOT_SECRET_KEY: "a-secret-of-forty-letters-and-some-more" };
  const server = await Server.start({ auth: "enforce", flags: ["--runtime", "none"], environment: root });
  try {
    const where = { GANTRY_ENDPOINT: server.url, GANTRY_DATA_DIR: server.dataDir };
    const stranger = gantry(["backup", join(scratch, "stranger")], { ...where, AWS_ACCESS_KEY_ID: "AKIANOBODY", AWS_SECRET_ACCESS_KEY: "x" });
    assert.equal(stranger.status, 1);
    assert.match(stranger.stderr, /security token/);
    const made = gantry(["backup", join(scratch, "root")], { ...where, ...root });
    assert.equal(made.status, 0, made.stderr);
    assert.equal(statSync(join(scratch, "root")).mode & 0o777, 0o700);
  } finally {
    await server.stop();
  }
});

test("inspect says what is in a directory, and what to do when a server has it", async () => {
  const server = await Server.start({ flags: ["--runtime", "none"] });
  const busy = gantry(["inspect", "--data-dir", server.dataDir]);
  assert.equal(busy.status, 2);
  assert.match(busy.stderr, /a server is using/);
  server.child.kill("SIGTERM");
  await server.exited;
  const { status, stdout } = gantry(["inspect", "--data-dir", server.dataDir]);
  assert.equal(status, 0);
  assert.match(stdout, /every checksum is right/);
  assert.equal(gantry(["inspect", "--data-dir", join(scratch, "nowhere")]).status, 2);
  assert.match(gantry(["help", "inspect"]).stdout, /Exit status/);
  rmSync(server.dataDir, { recursive: true, force: true });
});
