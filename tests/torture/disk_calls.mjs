// R4: the n-th call that writes to the disk fails (EIO, ENOSPC, a short write), once, a few times or from then on: what was acknowledged is
// there afterwards all the same. A run without faults says how many calls there are; with rounds enough every one of them fails in every way.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../e2e/lib/server.mjs";
import { client, retryable, sfn, sleep, unanswered } from "./lib/aws.mjs";
import { Ledger } from "./lib/ledger.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const flags = ["--runtime", "none"];
const definition = JSON.stringify({ StartAt: "W", States: { W: { Type: "Wait", Seconds: 0, Next: "P" }, P: { Type: "Pass", End: true } } });
const hows = ["eio", "enospc", "short"], lengths = [1, 4, 1_000_000];
const patienceMs = 1_500;

// One life of a server on a bad disk, a kill, and another on a good one. What came of it is counted.
// `came`: whether it has come to its fault; from then on there is patience for a moment only.
async function live(dataDir, environment, what, seen, came) {
  const ledger = new Ledger();
  let server;
  try {
    server = await Server.start({ dataDir, flags, environment });
  } catch {
    ++seen["did not start"];
  }
  if (server) {
    const gone = () => server.child.exitCode !== null || server.child.signalCode !== null;
    const states = client(sfn.SFNClient, server, { requestHandler: { requestTimeout: patienceMs, throwOnRequestTimeout: true } });
    let machine;
    const begun = Date.now();
    let bad;
    const going = () => (came() ? Date.now() - (bad ??= Date.now()) < patienceMs : Date.now() - begun < 60_000);
    for (let n = 0; n < 8 && going() && !gone(); ) {
      try {
        machine ??= (await states.send(new sfn.CreateStateMachineCommand({ name: "m", definition, roleArn }))).stateMachineArn;
        const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: machine, name: `e${++n}`, input: `{"n":${n}}` }));
        ledger.acknowledged(executionArn, what, `{"n":${n}}`);
        ++seen.acknowledged;
        await ledger.read(states, executionArn);
      } catch (error) {
        if (retryable(error)) ++seen.refused, await sleep(20);
        else if (unanswered(error)) ++seen.unanswered;
        else throw error;
      }
    }
    if (gone()) ++seen.ended;
    server.child.kill("SIGKILL");
    await server.exited;
  }
  const again = await Server.start({ dataDir, flags });
  try {
    const states = client(sfn.SFNClient, again);
    for (const arn of ledger.entries.keys()) await ledger.read(states, arn);
    await ledger.settle(states, 20);
  } catch (error) {
    throw new Error(`${what}: ${error.message}`, { cause: error });
  } finally {
    again.child.kill("SIGKILL");
    await again.exited;
  }
}

export async function run({ rounds, random, say }) {
  const scratch = mkdtempSync(join(tmpdir(), "gantry-calls-"));
  const shim = join(scratch, "failing_calls.so"), counted = join(scratch, "calls");
  execFileSync("clang-19", ["-O1", "-shared", "-fPIC", "-o", shim, new URL("failing_calls.c", import.meta.url).pathname, "-ldl", "-lpthread"]);
  const seen = { acknowledged: 0, refused: 0, unanswered: 0, "did not start": 0, ended: 0 };
  // How many calls it made; those that `faults` speaks of failed.
  const round = async (faults, what) => {
    const dataDir = mkdtempSync(join(scratch, "data-"));
    writeFileSync(counted, Buffer.alloc(8));
    const calls = () => Number(readFileSync(counted).readBigInt64LE());
    const came = () => calls() >= Number(faults.TORTURE_NTH ?? Infinity);
    await live(dataDir, { LD_PRELOAD: shim, TORTURE_FOLDER: dataDir, TORTURE_CALLS: counted, ...faults }, what, seen, came);
    rmSync(dataDir, { recursive: true });
    return calls();
  };
  try {
    const calls = await round({}, "no fault");
    const all = [];
    for (let nth = 1; nth <= calls; ++nth) for (const how of hows) for (const length of lengths) all.push({ nth, how, length });
    const every = rounds >= all.length;
    let reached = 0;
    const todo = every ? all : Array.from({ length: rounds }, () => random.pick(all));
    for (const [i, { nth, how, length }] of todo.entries()) {
      const made = await round({ TORTURE_NTH: String(nth), TORTURE_COUNT: String(length), TORTURE_HOW: how }, `call ${nth} (${length} of them) fails with ${how}`);
      if (made >= nth) ++reached;
      if ((i + 1) % 100 === 0) say(`${i + 1} of ${todo.length} rounds: ${JSON.stringify(seen)}`);
    }
    say(`${calls} calls that write; ${todo.length} servers with a failing disk${every ? " (each call, each way, each length)" : ""}, ${reached} of them came to their fault: ${JSON.stringify(seen)}; nothing that was acknowledged is lost`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
