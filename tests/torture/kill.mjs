// R3: the process is killed at random instants under load, and started again, over and over on the same data.
import assert from "node:assert/strict";
import { Server } from "../e2e/lib/server.mjs";
import { client, ecs, retryable, sfn, sleep, sqs, unanswered } from "./lib/aws.mjs";
import { containersRun, prepare } from "./lib/containers.mjs";
import { Ledger } from "./lib/ledger.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const pass = (next) => ({ Type: "Pass", ...(next ? { Next: next } : { End: true }) });
const chain = (length) => Object.fromEntries(Array.from({ length }, (_, i) => [`P${i}`, pass(i + 1 < length ? `P${i + 1}` : undefined)]));

function definitions({ queueUrl, containers }) {
  const all = {
    chain: { StartAt: "P0", States: chain(30) },
    wait: { StartAt: "W", States: { W: { Type: "Wait", SecondsPath: "$.seconds", Next: "P0" }, ...chain(2) } },
    map: {
      StartAt: "M",
      States: { M: { Type: "Map", ItemsPath: "$.items", MaxConcurrency: 3, ItemProcessor: { StartAt: "I", States: { I: { Type: "Wait", Seconds: 0, End: true } } }, Next: "P0" }, ...chain(3) },
    },
    callback: {
      StartAt: "C",
      States: { C: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters: { QueueUrl: queueUrl, MessageBody: { "token.$": "$$.Task.Token", "execution.$": "$$.Execution.Id" } }, End: true } },
    },
  };
  if (containers) {
    all.container = {
      StartAt: "R",
      States: {
        R: {
          Type: "Task",
          Resource: "arn:aws:states:::ecs:runTask.sync",
          Parameters: {
            Cluster: "torture", TaskDefinition: "torture", LaunchType: "FARGATE", NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [containers.subnet] } },
            Overrides: { ContainerOverrides: [{ Name: "main", Environment: [{ Name: "EXECUTION", "Value.$": "$$.Execution.Id" }] }] },
          },
          ResultSelector: { "code.$": "$.Containers[0].ExitCode" },
          End: true,
        },
      },
    };
  }
  return all;
}

// One task for one state, however often the process has died between asking for it and hearing of it.
async function checkContainers(server, ledger, say) {
  const tasks = client(ecs.ECSClient, server);
  const perExecution = new Map();
  for (const desiredStatus of ["RUNNING", "STOPPED"]) {
    let nextToken;
    do {
      const page = await tasks.send(new ecs.ListTasksCommand({ cluster: "torture", desiredStatus, nextToken }));
      nextToken = page.nextToken;
      if (page.taskArns.length === 0) continue;
      const described = await tasks.send(new ecs.DescribeTasksCommand({ cluster: "torture", tasks: page.taskArns }));
      for (const task of described.tasks) {
        const execution = task.overrides.containerOverrides[0].environment[0].value;
        perExecution.set(execution, (perExecution.get(execution) ?? 0) + 1);
      }
    } while (nextToken);
  }
  for (const [execution, count] of perExecution) assert.equal(count, 1, `${count} tasks for ${execution}`);
  say(`${perExecution.size} container tasks, one for each execution that asked`);
}

export async function run({ rounds, random, say }) {
  const server = await Server.start({});
  let states = client(sfn.SFNClient, server), queues = client(sqs.SQSClient, server);
  const { QueueUrl: queueUrl } = await queues.send(new sqs.CreateQueueCommand({ QueueName: "callbacks", Attributes: { VisibilityTimeout: "1" } }));
  // Containers need root, crun and busybox; without them the rest is tormented.
  const containers = containersRun() ? { subnet: await prepare(server, "torture", ["sleep", "0.3"]) } : null;
  if (!containers) say("no containers here: the rest is tormented");
  const machines = {};
  for (const [name, definition] of Object.entries(definitions({ queueUrl, containers }))) {
    machines[name] = (await states.send(new sfn.CreateStateMachineCommand({ name, definition: JSON.stringify(definition), roleArn }))).stateMachineArn;
  }
  const kinds = ["chain", "chain", "wait", "map", "callback"];
  // What stays open from round to round is bounded, so that the thousandth round takes as long as the first.
  const callbacksMax = 60, readMax = 80;
  const ledger = new Ledger();
  const answered = new Set();  // executions whose callback's answer was acknowledged
  const restarts = [];
  let containerTasks = 0, callbacks = 0, unknown = 0;

  const input = (kind) => (kind === "wait" ? { seconds: random.between(0, 2) } : kind === "map" ? { items: Array.from({ length: random.between(0, 6) }, (_, n) => n) } : { n: random.below(1000) });
  const output = { chain: (given) => given, wait: (given) => given, map: (given) => JSON.stringify(JSON.parse(given).items), callback: () => '"called"', container: () => '{"code":0}' };

  // A client that starts executions, until the server is gone or the round is over: who was asleep meanwhile never sees it gone.
  async function load(round, until) {
    for (let n = 0; until(); ++n) {
      const kind = containers && containerTasks < 60 && random.below(40) === 0 ? "container" : random.pick(callbacks < callbacksMax ? kinds : kinds.slice(0, -1));
      const given = JSON.stringify(input(kind));
      try {
        const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: machines[kind], name: `r${round}-${random.below(1e9)}-${n}`, input: given }));
        ledger.acknowledged(executionArn, kind, output[kind](given));
        if (kind === "container") ++containerTasks;
        if (kind === "callback") ++callbacks;
      } catch (error) {
        if (unanswered(error)) return void ++unknown;
        if (!retryable(error)) throw error;
      }
    }
  }
  // One that reads histories while they grow, as long.
  async function watch(until) {
    while (until()) {
      const open = ledger.open();
      try {
        if (open.length > 0) await ledger.read(states, open[Math.max(0, open.length - 1 - random.below(20))]);
        else await sleep(5);
      } catch (error) {
        if (unanswered(error)) return;
        throw error;
      }
    }
  }
  // One that answers callbacks, as long. A message may come twice; an answer that was acknowledged is not wanted again.
  async function call(until) {
    while (until()) {
      try {
        const { Messages: messages = [] } = await queues.send(new sqs.ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }));
        for (const { Body, ReceiptHandle } of messages) {
          const { token, execution } = JSON.parse(Body);
          try {
            await states.send(new sfn.SendTaskSuccessCommand({ taskToken: token, output: '"called"' }));
            assert.ok(!answered.has(execution), `${execution}: its callback was answered twice`);
            answered.add(execution);
          } catch (error) {
            if (!["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"].includes(error.name)) throw error;
          }
          await queues.send(new sqs.DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
        }
        if (messages.length === 0) await sleep(20);
      } catch (error) {
        if (unanswered(error)) return;
        throw error;
      }
    }
  }

  for (let round = 1; round <= rounds; ++round) {
    callbacks = ledger.open().filter((arn) => ledger.entries.get(arn).kind === "callback").length;
    let on = true;
    const going = () => on;
    const broken = Promise.all([load(round, going), load(round, going), load(round, going), watch(going), watch(going), call(going)]);
    broken.catch(() => {});
    await sleep(random.between(5, 400));
    const before = Date.now();
    on = false;
    // Now and then it dies while it is coming back, too.
    await server.crashAndRestart();
    if (random.below(4) === 0) await server.crashAndRestart();
    restarts.push(Date.now() - before);
    await broken;
    states = client(sfn.SFNClient, server), queues = client(sqs.SQSClient, server);
    // What is not known to have ended is read and held against what was read before: the oldest, and of the rest those that chance picks.
    // (The others' turn comes, in the end at the latest.)
    const open = ledger.open();
    while (open.length > readMax) open.splice(random.between(20, open.length - 1), 1);
    for (const arn of open) {
      await ledger.read(states, arn);
      if (/"type":"ExecutionSucceeded"/.test(ledger.entries.get(arn).read.at(-1))) await ledger.settle(states, 1, [arn]);
    }
    if (round % 20 === 0) say(`${round} rounds, ${ledger.entries.size} acknowledged starts, ${ledger.open().length} open`);
  }
  let over = false;
  const calling = call(() => !over);
  await ledger.settle(states, 60);
  over = true;
  await calling;
  // What ended long ago is still what it was.
  const all = [...ledger.entries.keys()];
  for (let i = 0; i < Math.min(300, all.length); ++i) await ledger.read(states, random.pick(all));
  if (containers) await checkContainers(server, ledger, say);
  restarts.sort((a, b) => a - b);
  say(`${rounds} rounds: ${ledger.finished} acknowledged starts, all ended as they must; ${unknown} calls without an answer; start up to the first answer: median ${restarts[restarts.length >> 1]} ms, longest ${restarts.at(-1)} ms`);
  await server.stop();
}
