// R4, CONTRACT "Disk": the disk fills up under load. New work is refused with what SDKs try again, reads are answered, nothing that was
// acknowledged is lost, and all goes on within 10 s of room being made, without a restart.
import assert from "node:assert/strict";
import { Server } from "../e2e/lib/server.mjs";
import { client, history, retryable, sfn, sleep, unanswered } from "./lib/aws.mjs";
import { SmallDisk } from "./lib/disk.mjs";
import { Ledger } from "./lib/ledger.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const within = async (ms, what, promise) => {
  const timer = { over: false };
  const bound = sleep(ms).then(() => {
    if (!timer.over) throw new Error(`${what}: no answer within ${ms} ms`);
  });
  const result = await Promise.race([promise.finally(() => (timer.over = true)), bound]);
  return result;
};

async function startsOrSays(server, known, say) {
  try {
    await within(20_000, "a start on a full disk", server.launch("127.0.0.1:0"));
  } catch (error) {
    assert.match(error.message, /gantry ended \(1\).*(room|No space|full)/s);
    return say(`on the full disk it said: ${/gantry: (.*)/.exec(server.output)?.[1]}`);
  }
  const states = client(sfn.SFNClient, server);
  const { status } = await within(10_000, "DescribeExecution", states.send(new sfn.DescribeExecutionCommand({ executionArn: known })));
  assert.ok(["RUNNING", "SUCCEEDED"].includes(status), status);
  server.child.kill("SIGTERM");
  const { code } = await within(30_000, "the end after SIGTERM", server.exited);
  assert.equal(code, 0, server.output);
  say("on the full disk it started, answered and ended in order");
}

export async function run({ rounds, random, say }) {
  if (process.getuid() !== 0) return say("not run: mounting a disk needs root");
  const disk = new SmallDisk(256);
  const flags = ["--runtime", "none"];
  let server = await Server.start({ dataDir: `${disk.folder}/data`, flags });
  try {
    const machine = async (states, name, definition) => (await states.send(new sfn.CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn }))).stateMachineArn;
    let states = client(sfn.SFNClient, server);
    const big = await machine(states, "big", { StartAt: "A", States: { A: { Type: "Pass", Next: "B" }, B: { Type: "Pass", End: true } } });
    const waits = await machine(states, "waits", { StartAt: "W", States: { W: { Type: "Wait", SecondsPath: "$.seconds", End: true } } });
    const ledger = new Ledger();
    const start = async (stateMachineArn, kind, given) => {
      const input = JSON.stringify(given);
      const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn, input }));
      ledger.acknowledged(executionArn, kind, input);
      return executionArn;
    };
    const noise = () => ({ text: Array.from({ length: 3000 }, () => random.unit().toString(36).slice(2)).join("") });

    for (let round = 1; round <= Math.max(2, Math.ceil(rounds / 4)); ++round) {
      const waiting = [];
      for (let i = 0; i < 30; ++i) waiting.push(await start(waits, "wait", { seconds: random.between(1, 6) }));
      const known = await start(big, "big", noise());
      disk.fill(random.pick([0, 3e6, 30e6, 60e6]));

      // Load, until it is refused. From here on the disk is full.
      let refused, accepted = 0;
      for (const until = Date.now() + 60_000; !refused; ) {
        assert.ok(Date.now() < until, "a full disk is never noticed");
        const results = await Promise.allSettled(Array.from({ length: 8 }, () => within(15_000, "StartExecution", start(big, "big", noise()))));
        for (const { status, reason } of results) {
          if (status === "fulfilled") ++accepted;
          else if (retryable(reason)) refused = reason;
          else throw reason;
        }
      }
      disk.fill();
      say(`round ${round}: ${accepted} more were accepted, then ${refused.name}`);
      for (const until = Date.now() + 3_000; Date.now() < until; await sleep(100)) {
        await within(2_000, "DescribeExecution", states.send(new sfn.DescribeExecutionCommand({ executionArn: known })));
        await within(2_000, "GetExecutionHistory", ledger.read(states, random.pick(waiting)));
        await within(2_000, "ListExecutions", states.send(new sfn.ListExecutionsCommand({ stateMachineArn: big, maxResults: 10 })));
        // Compaction gives room back at times: then it may be accepted, and must be kept.
        await within(2_000, "StartExecution", start(big, "big", {})).catch((error) => assert.ok(retryable(error), error));
      }

      // Room is made: by hand, or for a server that was killed or stopped while there was none.
      const way = random.pick(["goes on", "killed", "stopped"]);
      if (way === "stopped") {
        const begun = Date.now();
        server.child.kill("SIGTERM");
        const { code } = await within(20_000, "the end after SIGTERM", server.exited);
        assert.equal(code, 0, server.output);
        say(`round ${round}: ended ${Date.now() - begun} ms after SIGTERM`);
      } else if (way === "killed") {
        server.child.kill("SIGKILL");
        await server.exited;
      }
      // Beginning while there is no room at all, a server starts and answers, or says what is wrong.
      if (way !== "goes on") await startsOrSays(server, known, say);
      disk.makeRoom();
      const freed = Date.now();
      if (way !== "goes on") {
        await server.launch(server.listen);
        states = client(sfn.SFNClient, server);
      }
      for (;;) {
        try {
          await start(big, "big", { round });
          break;
        } catch (error) {
          if (!retryable(error) && !unanswered(error)) throw error;
          assert.ok(Date.now() - freed < 10_000, `10 s after room was made new work is still refused: ${error.message}`);
          await sleep(50);
        }
      }
      const took = Date.now() - freed;
      await ledger.settle(states, 10 - took / 1000 + 6);
      say(`round ${round} (${way}): new work ${took} ms after there was room, all that waited has ended`);
    }
    for (const arn of ledger.entries.keys()) await history(states, arn);
    say(`${ledger.finished} acknowledged starts, none lost`);
    await server.stop();
  } catch (error) {
    // Why a server has ended is what it said last.
    throw new Error(`${error.stack}\nthe server's output: ${server.output.slice(-2000)}`, { cause: error });
  } finally {
    if (server.child.exitCode === null) server.child.kill("SIGKILL");
    await server.exited;
    disk.remove();
  }
}
