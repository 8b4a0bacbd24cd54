// What the outside was told: every start that was acknowledged, the longest history that was read of it, the end that it must come
// to. Whatever the server says later has to agree with it.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { sfn as api, history, sleep } from "./aws.mjs";

const terminal = /"type":"Execution(Succeeded|Failed|Aborted|TimedOut)"/;
const redriven = /"type":"ExecutionRedriven"/;
const digest = (events) => createHash("sha1").update(events.join("\n")).digest("hex");

export class Ledger {
  entries = new Map();  // arn -> { kind, end, read: events, whole: digest of a history that has ended }
  unsettled = new Set();  // arns of those that have not been seen to end
  finished = 0;

  // `keeps`: the histories of what has ended too, which otherwise are a digest.
  constructor({ keeps = false } = {}) {
    this.keeps = keeps;
  }

  // `end`: the output that it must succeed with; a function that judges what DescribeExecution says; undefined: any success.
  acknowledged(arn, kind, end) {
    this.entries.set(arn, { kind, end, read: [] });
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
    if (entry.whole) {
      assert.equal(digest(events), entry.whole, `${arn}: it had ended, and its history is another now`);
      return events;
    }
    for (let i = 0; i < entry.read.length; ++i) {
      if (events[i] !== entry.read[i]) assert.fail(`${arn}: event ${i + 1} was ${entry.read[i]} and is ${events[i] ?? "gone"}`);
    }
    events.forEach((event, i) => {
      if (JSON.parse(event).id !== i + 1) assert.fail(`${arn}: event ${i + 1} has another id: ${event}`);
      if (terminal.test(event) && i + 1 < events.length && !redriven.test(events[i + 1])) assert.fail(`${arn}: something follows its end: ${events[i + 1]}`);
    });
    // Two that read at once may be answered in any order; what is longer was told all the same.
    if (events.length > entry.read.length) entry.read = events;
    return events;
  }

  open() {
    return [...this.unsettled];
  }

  // How it stands: once it has ended, as it must, its history is closed.
  async look(client, arn) {
    const entry = this.entries.get(arn);
    const now = await client.send(new api.DescribeExecutionCommand({ executionArn: arn })).catch((error) => {
      if (error.name === "ExecutionDoesNotExist") assert.fail(`an acknowledged start is lost: ${arn} (${entry.kind})`);
      throw error;
    });
    const events = await this.read(client, arn);
    if (now.status === "RUNNING" || !this.unsettled.has(arn)) return now;
    if (typeof entry.end === "function") {
      entry.end(now);
    } else {
      assert.equal(now.status, "SUCCEEDED", `${arn} (${entry.kind}): ${now.error} ${now.cause}`);
      if (entry.end !== undefined) assert.equal(now.output, entry.end, arn);
    }
    assert.ok(terminal.test(events.at(-1)), `${arn}: it has ended, and its history has not`);
    entry.whole = digest(events);
    if (!this.keeps) entry.read = [];
    this.unsettled.delete(arn);
    ++this.finished;
    return now;
  }

  // Waits until everything that was acknowledged has come to the end that it must come to. Several are asked about at once.
  async settle(client, seconds, arns = this.open()) {
    const until = Date.now() + seconds * 1000;
    const left = arns.values();
    const ask = async () => {
      for (const arn of left) {
        while (this.unsettled.has(arn)) {
          if ((await this.look(client, arn)).status !== "RUNNING") break;
          if (Date.now() > until) {
            const events = await history(client, arn);
            assert.fail(`${arn} (${this.entries.get(arn).kind}) is still running after ${seconds} s; its history: ${events.slice(-4).join(" ")}`);
          }
          await sleep(50);
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
  }
}
