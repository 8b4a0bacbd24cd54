// What the outside was told: every start that was acknowledged, the longest history that was read of it, the end that it must come
// to. Whatever the server says later has to agree with it.
import assert from "node:assert/strict";
import { sfn as api, history, sleep } from "./aws.mjs";

const terminal = /"type":"Execution(Succeeded|Failed|Aborted|TimedOut)"/;

export class Ledger {
  entries = new Map();  // arn -> { kind, output, read: events }
  unsettled = new Set();  // arns of those that have not been seen to end
  finished = 0;

  acknowledged(arn, kind, output) {
    this.entries.set(arn, { kind, output, read: [] });
    this.unsettled.add(arn);
  }

  // Reads the history and holds it against what was read before.
  async read(client, arn) {
    const entry = this.entries.get(arn);
    let events;
    try {
      events = await history(client, arn);
    } catch (error) {
      if (error.name === "ExecutionDoesNotExist") assert.fail(`an acknowledged start is lost: ${arn} (${entry.kind})`);
      throw error;
    }
    for (let i = 0; i < entry.read.length; ++i) {
      if (events[i] !== entry.read[i]) assert.fail(`${arn}: event ${i + 1} was ${entry.read[i]} and is ${events[i] ?? "gone"}`);
    }
    events.forEach((event, i) => assert.equal(JSON.parse(event).id, i + 1, `${arn}: ids have no gap`));
    const ends = events.filter((event) => terminal.test(event)).length;
    assert.ok(ends === 0 || (ends === 1 && terminal.test(events.at(-1))), `${arn}: one end, and nothing behind it`);
    entry.read = events;
    return events;
  }

  open() {
    return [...this.unsettled];
  }

  // Waits until everything that was acknowledged has come to the end that it must come to.
  async settle(client, seconds, arns = this.open()) {
    const until = Date.now() + seconds * 1000;
    for (const arn of arns) {
      const entry = this.entries.get(arn);
      let now;
      for (;;) {
        now = await client.send(new api.DescribeExecutionCommand({ executionArn: arn }));
        if (now.status !== "RUNNING") break;
        if (Date.now() > until) {
          const events = await history(client, arn);
          assert.fail(`${arn} (${entry.kind}) is still running after ${seconds} s; its history: ${events.slice(-4).join(" ")}`);
        }
        await sleep(50);
      }
      const events = await this.read(client, arn);
      assert.equal(now.status, "SUCCEEDED", `${arn} (${entry.kind}): ${now.error} ${now.cause}`);
      assert.ok(terminal.test(events.at(-1)), `${arn}: it has ended, and its history has not`);
      if (entry.output !== undefined) assert.equal(now.output, entry.output, arn);
      this.unsettled.delete(arn);
      ++this.finished;
    }
  }
}
