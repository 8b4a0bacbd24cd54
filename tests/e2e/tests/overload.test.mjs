// More than there is room for: one account's flood leaves the others their turn, and the memory limit holds.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { test } from "node:test";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { residentMiB, sanitized } from "../lib/footprint.mjs";
import { Server, until } from "../lib/server.mjs";
import { pass, role, states } from "../lib/states.mjs";

const machine = async (sfn, name, definition) => (await sfn.send(new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: role }))).stateMachineArn;

test("an account that floods the server with work leaves another its turn", async (t) => {
  const server = await Server.start({ flags: ["--in-memory", "--runtime", "none"] });
  t.after(() => server.child.kill("SIGKILL"));
  const of = (account) => new SFNClient({ ...server.client({ accessKeyId: account, secretAccessKey: "test" }), requestHandler: { httpAgent: new Agent({ keepAlive: true, maxSockets: 200 }) } });
  const greedy = of("111111111111"), modest = of("222222222222");
  // Work that never rests: loops of expressions, and clients that ask for more as soon as they are answered.
  const loop = await machine(greedy, "loop", {
    StartAt: "More",
    States: {
      More: { Type: "Pass", Parameters: { "n.$": "States.MathAdd($.n, 1)" }, Next: "Enough" },
      Enough: { Type: "Choice", Choices: [{ Variable: "$.n", NumericGreaterThan: sanitized ? 30 : 200, Next: "End" }], Default: "More" },
      End: { Type: "Succeed" },
    },
  });
  const quick = await machine(modest, "quick", states({ A: { Type: "Pass", Next: "B" }, B: pass() }));
  let flooding = true, started = 0, failed = null;
  const flood = Array.from({ length: 50 }, async () => {
    while (flooding) {
      await greedy.send(new StartExecutionCommand({ stateMachineArn: loop, input: '{"n":0}' })).then(() => ++started, (error) => (failed ??= error));
    }
  });
  await until(() => started, (n) => n >= 100);
  // Counted in the flood's own turns, so that a slow machine counts for both.
  const turns = [];
  for (let i = 0; i < 20; ++i) {
    const before = started;
    const { executionArn } = await modest.send(new StartExecutionCommand({ stateMachineArn: quick, input: "{}" }));
    const { status } = await until(() => modest.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { every: 5 });
    assert.equal(status, "SUCCEEDED");
    turns.push(started - before);
  }
  flooding = false;
  await Promise.all(flood);
  assert.equal(failed, null);
  const most = Math.max(...turns);
  assert.ok(most <= 10 * flood.length, `${most} of the flood's executions had their turn before one of another account`);
  await server.stop();
});

test("beyond --memory-limit new work is refused, what ends work is not, and with memory free again all goes on", { skip: sanitized }, async (t) => {
  const limit = 160, slack = 60;
  const server = await Server.start({ flags: ["--runtime", "none", "--memory-limit", String(limit)] });
  t.after(() => server.child.kill("SIGKILL"));
  const sfn = new SFNClient(server.client());
  const waits = await machine(sfn, "waits", states({ W: { Type: "Wait", Seconds: 3600, End: true } }));
  const input = JSON.stringify({ text: "x".repeat(200_000) });
  const open = [];
  let refused = null, most = 0;
  while (!refused && open.length < 5_000) {
    const one = await sfn.send(new StartExecutionCommand({ stateMachineArn: waits, input })).catch((error) => error);
    if (one instanceof Error) refused = one;
    else open.push(one.executionArn);
    if (open.length % 50 === 0) most = Math.max(most, residentMiB(server));
  }
  assert.ok(refused, "nothing was ever refused");
  assert.deepEqual([refused.name, refused.$metadata.httpStatusCode], ["ThrottlingException", 400]);
  most = Math.max(most, residentMiB(server));
  assert.ok(most * 1.048576 < limit + slack, `${most} MiB`);
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn: open[0] }))).status, "RUNNING");
  for (const executionArn of open) await sfn.send(new StopExecutionCommand({ executionArn }));
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn: open[0] }))).status, "ABORTED");
  const again = () => sfn.send(new StartExecutionCommand({ stateMachineArn: waits, input: "{}" })).then(() => true, (error) => (error.name === "ThrottlingException" ? false : Promise.reject(error)));
  await until(again, Boolean);
  await server.stop();
});
