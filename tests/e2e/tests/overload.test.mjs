// More than there is room for: the memory limit holds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { Server, until } from "../lib/server.mjs";
import { role, states } from "../lib/states.mjs";

const rss = (server) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))[1]) / 1024;
const machine = async (sfn, name, definition) => (await sfn.send(new CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn: role }))).stateMachineArn;

test("beyond --memory-limit new work is refused, what ends work is not, and with memory free again all goes on", async (t) => {
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
    if (open.length % 50 === 0) most = Math.max(most, rss(server));
  }
  assert.ok(refused, "nothing was ever refused");
  assert.deepEqual([refused.name, refused.$metadata.httpStatusCode], ["ThrottlingException", 400]);
  most = Math.max(most, rss(server));
  assert.ok(most * 1.048576 < limit + slack, `${most} MiB`);
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn: open[0] }))).status, "RUNNING");
  for (const executionArn of open) await sfn.send(new StopExecutionCommand({ executionArn }));
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn: open[0] }))).status, "ABORTED");
  const again = () => sfn.send(new StartExecutionCommand({ stateMachineArn: waits, input: "{}" })).then(() => true, (error) => (error.name === "ThrottlingException" ? false : Promise.reject(error)));
  await until(again, Boolean);
  await server.stop();
});
