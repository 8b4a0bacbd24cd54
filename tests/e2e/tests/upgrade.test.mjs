// Data directories that earlier programs left (former/): what they told is told again, and what was open goes on to its end.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  DescribeActivityCommand, DescribeExecutionCommand, DescribeStateMachineAliasCommand, GetActivityTaskCommand, GetExecutionHistoryCommand, ListExecutionsCommand, RedriveExecutionCommand,
  SendTaskSuccessCommand, SFNClient, StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { GetTopicAttributesCommand, SNSClient } from "@aws-sdk/client-sns";
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { TestClock } from "../lib/clock.mjs";
import { Server, until } from "../lib/server.mjs";

const former = new URL("../former/", import.meta.url).pathname;
const plain = (value) => JSON.parse(JSON.stringify(value));

for (const file of readdirSync(former).filter((one) => one.endsWith(".tar.gz"))) {
  const name = file.replace(".tar.gz", "");
  test(`${name} is opened, and goes on`, async (t) => {
    const scratch = mkdtempSync(join(tmpdir(), "gantry-former-")), left = join(scratch, "left");
    const clock = new TestClock();
    t.after(() => (clock.remove(), rmSync(scratch, { recursive: true, force: true })));
    mkdirSync(left);
    execFileSync("tar", ["-C", left, "-xzf", join(former, file)]);
    let dataDir = left;
    if (existsSync(join(left, "manifest"))) execFileSync(process.env.GANTRY_BINARY, ["restore", left, "--data-dir", (dataDir = join(scratch, "restored"))]);
    const told = JSON.parse(readFileSync(join(former, `${name}.json`), "utf8"));
    // The next minute to it, so that nothing has timed out or gone since.
    clock.set(told.at + 60_000 - Date.now());
    const inspected = spawnSync(process.env.GANTRY_BINARY, ["inspect", "--data-dir", dataDir], { encoding: "utf8" });
    assert.equal(inspected.status, 0, inspected.stdout + inspected.stderr);

    const server = await Server.start({ dataDir, flags: ["--runtime", "none"], environment: clock.environment });
    const sfn = new SFNClient(server.client()), sqs = new SQSClient(server.client());
    const describe = (executionArn) => sfn.send(new DescribeExecutionCommand({ executionArn }));
    const events = async (executionArn) => plain((await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events);
    const ended = (arn) => until(() => describe(arn), (e) => e.status !== "RUNNING");

    await t.test("what was told is told again", async () => {
      for (const [arn, was] of Object.entries(told.ended)) {
        const { status, input, output, error, cause } = await describe(arn);
        assert.deepEqual(plain({ status, input, output, error, cause, events: await events(arn) }), was, arn);
      }
      for (const [arn, was] of Object.entries(told.open)) assert.deepEqual((await events(arn)).slice(0, was.events.length), was.events, arn);
      assert.ok((await sfn.send(new ListExecutionsCommand({ stateMachineArn: told.quick }))).executions.length >= 2);
      assert.equal((await sfn.send(new DescribeStateMachineAliasCommand({ stateMachineAliasArn: told.alias }))).name, "live");
      assert.equal((await sfn.send(new DescribeActivityCommand({ activityArn: told.activityArn }))).name, "hands");
      assert.equal((await new SNSClient(server.client()).send(new GetTopicAttributesCommand({ TopicArn: told.topicArn }))).Attributes.TopicArn, told.topicArn);
    });

    await t.test("what was open comes to its end", async () => {
      const answer = (taskToken) => sfn.send(new SendTaskSuccessCommand({ taskToken, output: '"by hand"' }));
      for (const token of told.tokens) await answer(token);  // given out by the former program
      let kept = 0, called = 0;
      const QueueUrl = `${server.url}${new URL(told.queueUrl).pathname}`;
      await until(async () => {
        for (const message of (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages ?? []) {
          if (message.Body === "kept") ++kept;
          else await answer(JSON.parse(message.Body).token), ++called;
          await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
        }
        return kept + called;
      }, (n) => n >= 2);
      assert.deepEqual({ kept, called }, { kept: 1, called: 1 });
      // Tasks that nobody had taken are offered.
      let over = false;
      const working = (async () => {
        while (!over) {
          const { taskToken } = await sfn.send(new GetActivityTaskCommand({ activityArn: told.activityArn }));
          if (taskToken) await answer(taskToken);
        }
      })();
      for (const [arn, was] of Object.entries(told.open)) {
        const end = await ended(arn);
        assert.deepEqual([end.status, end.output], ["SUCCEEDED", was.output], arn);
        const all = await events(arn);
        assert.deepEqual(all.slice(0, was.events.length), was.events, arn);
        assert.deepEqual(all.map((event) => event.id), all.map((_, i) => i + 1), arn);
        for (let i = 1; i < all.length; ++i) assert.ok(all[i].timestamp >= all[i - 1].timestamp, `${arn}: event ${i + 1} is before the one before it`);
      }
      over = true;
      await sfn.send(new StartExecutionCommand({ stateMachineArn: told.quick.replace(":quick", ":tasks") }));  // wakes the worker
      await working;
    });

    await t.test("what had failed is redriven, and new work runs", async () => {
      await sfn.send(new RedriveExecutionCommand({ executionArn: told.redrivable }));
      const again = await ended(told.redrivable);
      assert.deepEqual([again.status, again.error, again.redriveCount], ["FAILED", "Broken", 1]);
      const { executionArn, startDate } = await sfn.send(new StartExecutionCommand({ stateMachineArn: told.alias }));
      assert.ok(Math.abs(startDate - told.at) < 3_600_000, `the server's clock says ${startDate.toISOString()}`);
      assert.equal((await ended(executionArn)).status, "SUCCEEDED");
    });
    await server.stop();
  });
}
