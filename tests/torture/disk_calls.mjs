// R4: the n-th call that writes to the disk fails (EIO, ENOSPC, a short write), once or from then on: what was acknowledged is there
// afterwards all the same.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../e2e/lib/server.mjs";
import { client, retryable, sfn, sleep, unanswered } from "./lib/aws.mjs";
import { Ledger } from "./lib/ledger.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const flags = ["--runtime", "none"];
const definition = JSON.stringify({ StartAt: "W", States: { W: { Type: "Wait", Seconds: 0, Next: "P" }, P: { Type: "Pass", End: true } } });

export async function run({ rounds, random, say }) {
  const scratch = mkdtempSync(join(tmpdir(), "gantry-calls-"));
  const shim = join(scratch, "failing_calls.so");
  execFileSync("clang-19", ["-O1", "-shared", "-fPIC", "-o", shim, new URL("failing_calls.c", import.meta.url).pathname, "-ldl", "-lpthread"]);
  const seen = { acknowledged: 0, refused: 0, unanswered: 0, "did not start": 0, ended: 0 };
  try {
    for (let round = 1; round <= rounds; ++round) {
      const dataDir = mkdtempSync(join(scratch, "data-"));
      const how = ["eio", "enospc", "short"][round % 3];
      const nth = rounds >= 150 ? Math.ceil(round / 3) : random.between(1, 80);
      const environment = { LD_PRELOAD: shim, TORTURE_FOLDER: dataDir, TORTURE_NTH: String(nth), TORTURE_COUNT: String(random.pick([1, 1, 4, 1_000_000])), TORTURE_HOW: how };
      const what = `call ${nth} (${environment.TORTURE_COUNT} of them) fails with ${how}`;
      const ledger = new Ledger();
      let server;
      try {
        server = await Server.start({ dataDir, flags, environment });
      } catch {
        ++seen["did not start"];
      }
      if (server) {
        const states = client(sfn.SFNClient, server, { requestHandler: { requestTimeout: 1_500, throwOnRequestTimeout: true } });
        let machine;
        const until = Date.now() + 3_000;
        for (let n = 0; n < 8 && Date.now() < until; ) {
          try {
            machine ??= (await states.send(new sfn.CreateStateMachineCommand({ name: "m", definition, roleArn }))).stateMachineArn;
            const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: machine, name: `e${++n}`, input: `{"n":${n}}` }));
            ledger.acknowledged(executionArn, what, `{"n":${n}}`);
            ++seen.acknowledged;
            await ledger.read(states, executionArn);
          } catch (error) {
            if (error.name === "AssertionError") throw error;
            if (retryable(error)) ++seen.refused, await sleep(50);
            else if (unanswered(error)) ++seen.unanswered;
            else throw error;
            if (server.child.exitCode !== null || server.child.signalCode !== null) break;
          }
        }
        if (server.child.exitCode !== null || server.child.signalCode !== null) ++seen.ended;
        server.child.kill("SIGKILL");
        await server.exited;
      }
      const again = await Server.start({ dataDir, flags });
      try {
        const states = client(sfn.SFNClient, again);
        for (const arn of ledger.entries.keys()) await ledger.read(states, arn);
        await ledger.settle(states, 20);
      } catch (error) {
        throw new Error(`round ${round}, ${what}: ${error.message}`, { cause: error });
      } finally {
        again.child.kill("SIGKILL");
        await again.exited;
      }
      rmSync(dataDir, { recursive: true });
      if (round % 50 === 0) say(`${round} rounds: ${JSON.stringify(seen)}`);
    }
    say(`${rounds} servers with a failing disk: ${JSON.stringify(seen)}; nothing that was acknowledged is lost`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
