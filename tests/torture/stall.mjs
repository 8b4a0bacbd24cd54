// What the server leans on stalls: an upstream that takes calls and never answers, a container's supervisor that is killed. What waits for
// it comes to its end in time, and everybody else notices nothing.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Server, until } from "../e2e/lib/server.mjs";
import { client, ecs, sfn } from "./lib/aws.mjs";
import { containersRun, prepare } from "./lib/containers.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const make = async (states, name, all) => (await states.send(new sfn.CreateStateMachineCommand({ name, definition: JSON.stringify({ StartAt: Object.keys(all)[0], States: all }), roleArn }))).stateMachineArn;

async function upstream({ say }) {
  let taken = 0;
  const sockets = new Set();
  const silent = createServer((socket) => {
    ++taken;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", () => {});
  });
  await new Promise((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const server = await Server.start({ flags: ["--in-memory", "--runtime", "none", "--upstream", `dynamodb=http://127.0.0.1:${silent.address().port}`] });
  try {
    const states = client(sfn.SFNClient, server);
    const asks = await make(states, "asks", {
      T: { Type: "Task", Resource: "arn:aws:states:::aws-sdk:dynamodb:getItem", Parameters: { TableName: "t", Key: {} }, TimeoutSeconds: 2, Catch: [{ ErrorEquals: ["States.Timeout"], Next: "C" }], End: true },
      C: { Type: "Pass", Result: "timed out", End: true },
    });
    const quick = await make(states, "quick", { A: { Type: "Pass", End: true } });
    const start = async (stateMachineArn) => (await states.send(new sfn.StartExecutionCommand({ stateMachineArn, input: "{}" }))).executionArn;
    const ended = (executionArn) => until(() => states.send(new sfn.DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { seconds: 20 });
    const asking = [];
    for (let i = 0; i < 100; ++i) asking.push(await start(asks));
    let longest = 0;
    for (let i = 0; i < 40; ++i) {
      const begun = Date.now();
      await ended(await start(quick));
      longest = Math.max(longest, Date.now() - begun);
    }
    assert.ok(longest < 2_000, `others take ${longest} ms`);
    for (const one of asking) assert.equal((await ended(one)).output, '"timed out"');
    assert.ok(taken > 0, "nobody asked the upstream");
    say(`100 tasks whose upstream never answers timed out; others took at most ${longest} ms meanwhile`);
  } finally {
    await server.stop();
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
}

async function supervisor({ say }) {
  if (!containersRun()) return say("the supervisor's end is not tried: containers need root, crun and busybox");
  const server = await Server.start({});
  try {
    const subnet = await prepare(server, "long", ["sleep", "300"]);
    const states = client(sfn.SFNClient, server), tasks = client(ecs.ECSClient, server);
    const machine = await make(states, "long", {
      R: {
        Type: "Task", Resource: "arn:aws:states:::ecs:runTask.sync",
        Parameters: { Cluster: "torture", TaskDefinition: "long", LaunchType: "FARGATE", NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [subnet] } } },
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "C" }], End: true,
      },
      C: { Type: "Pass", Result: "caught", End: true },
    });
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: machine }));
    const [taskArn] = (await until(() => tasks.send(new ecs.ListTasksCommand({ cluster: "torture" })), (r) => r.taskArns.length === 1)).taskArns;
    await until(async () => (await tasks.send(new ecs.DescribeTasksCommand({ cluster: "torture", tasks: [taskArn] }))).tasks[0], (t) => t.lastStatus === "RUNNING");
    for (const task of readdirSync(join(server.dataDir, "tasks"))) process.kill(Number(readFileSync(join(server.dataDir, "tasks", task, "shim.pid"), "utf8")), "SIGKILL");
    const killed = Date.now();
    const end = await until(() => states.send(new sfn.DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { seconds: 30 });
    assert.equal(end.output, '"caught"');
    say(`a task whose supervisor was killed ended ${Date.now() - killed} ms later`);
  } finally {
    await server.stop();
  }
}

export async function run(given) {
  await upstream(given);
  await supervisor(given);
}
