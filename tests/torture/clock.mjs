// The server's clock is set back and ahead under load, and it is killed meanwhile.
import assert from "node:assert/strict";
import { TestClock } from "../e2e/lib/clock.mjs";
import { Server } from "../e2e/lib/server.mjs";
import { client, retryable, sfn, sleep, unanswered } from "./lib/aws.mjs";
import { Ledger } from "./lib/ledger.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";

export async function run({ rounds, random, say }) {
  const clock = new TestClock();
  const server = await Server.start({ flags: ["--runtime", "none"], environment: clock.environment });
  try {
    let states = client(sfn.SFNClient, server);
    const machine = async (name, all) => (await states.send(new sfn.CreateStateMachineCommand({ name, definition: JSON.stringify({ StartAt: Object.keys(all)[0], States: all }), roleArn }))).stateMachineArn;
    const machines = {
      chain: await machine("chain", { A: { Type: "Pass", Next: "B" }, B: { Type: "Wait", Seconds: 0, Next: "C" }, C: { Type: "Pass", End: true } }),
      wait: await machine("wait", { W: { Type: "Wait", SecondsPath: "$.seconds", Next: "P" }, P: { Type: "Pass", End: true } }),
      until: await machine("until", { W: { Type: "Wait", TimestampPath: "$.at", Next: "P" }, P: { Type: "Pass", End: true } }),
    };
    const ledger = new Ledger({ keeps: true });
    const start = async (kind, given) => {
      const input = JSON.stringify(given);
      try {
        const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: machines[kind], input }));
        ledger.acknowledged(executionArn, kind, input);
      } catch (error) {
        if (!unanswered(error) && !retryable(error)) throw error;
      }
    };
    const iso = (ms) => new Date(ms).toISOString();
    let furthest = 0, kills = 0;
    for (let round = 1; round <= rounds; ++round) {
      await Promise.all([
        start("chain", { n: round }), start("chain", { n: -round }),
        start("wait", { seconds: random.between(0, 3) }), start("wait", { seconds: random.between(0, 5000) }),
        start("until", { at: iso(clock.now() + random.between(-1000, 3_600_000)) }),
      ]);
      await sleep(random.between(0, 120));
      const ahead = random.pick([-1, 1]) * random.between(1, random.pick([500, 60_000, 2 * 3_600_000]));
      clock.set(clock.aheadMs + ahead);
      furthest = Math.max(furthest, clock.aheadMs);
      if (random.below(4) === 0) {
        ++kills;
        await server.crashAndRestart();
        states = client(sfn.SFNClient, server);
      }
      const open = ledger.open();
      for (let i = 0; i < Math.min(12, open.length); ++i) await ledger.read(states, random.pick(open));
      assert.equal((await fetch(`${server.url}/_gantry/health`)).status, 200);
    }
    // Past every instant that anything waits for; an alarm that is due then looks at the clock and finds all of them.
    clock.set(furthest + 3 * 3_600_000);
    await start("wait", { seconds: 1 });
    await ledger.settle(states, 100);
    for (const [arn, entry] of ledger.entries) {
      const at = entry.read.map((event) => Date.parse(JSON.parse(event).timestamp));
      for (let i = 1; i < at.length; ++i) assert.ok(at[i] >= at[i - 1], `${arn}: event ${i + 1} is before the one before it`);
      const { startDate, stopDate } = await states.send(new sfn.DescribeExecutionCommand({ executionArn: arn }));
      assert.ok(stopDate >= startDate, `${arn}: ended before it began`);
    }
    say(`the clock set ${rounds} times, ${kills} kills: ${ledger.finished} acknowledged starts, all ended as they must`);
    await server.stop();
  } finally {
    if (server.child.exitCode === null && server.child.signalCode === null) server.child.kill("SIGKILL");
    clock.remove();
  }
}
