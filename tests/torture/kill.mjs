// R3: the process is killed at random instants under load, and started again, over and over on the same data. Whatever an acknowledged
// call promises is held against what the next process says.
import { spawn } from "node:child_process";
import { Server } from "../e2e/lib/server.mjs";
import { client, cloudwatch, ec2, ecs, eventbridge, iam, logs, sfn, sleep, sns, sqs, unanswered } from "./lib/aws.mjs";
import { containersRun, prepare } from "./lib/containers.mjs";
import { Ledger } from "./lib/ledger.mjs";
import { Executions } from "./kill/executions.mjs";
import { changingMachine, steeredExecution } from "./kill/machines.mjs";
import { Messages } from "./kill/messages.mjs";
import { settings } from "./kill/settings.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const hour = JSON.stringify({ StartAt: "W", States: { W: { Type: "Wait", Seconds: 36_000, Next: "P" }, P: { Type: "Pass", End: true } } });
const steeredMax = 6, redrivesMax = 8;

// Kills the process after so many milliseconds, from another one: this one's turns would choose the moment.
async function killAfter(server, ms) {
  spawn("sh", ["-c", `sleep ${ms / 1000}; kill -9 ${server.child.pid}`], { stdio: "ignore" });
  await server.exited;
}

// Starts another; now and then that one dies while it is coming up, or as soon as it is there.
async function startAgain(server, random) {
  await server.launch(server.listen);
  for (let way = random.below(6); way < 2; way = random.below(6)) {
    if (way === 0) {
      await server.crashAndRestart();
    } else {
      server.child.kill("SIGKILL");
      await server.exited;
      const starting = server.launch(server.listen).catch(() => {});
      await sleep(random.between(0, 40));
      server.child.kill("SIGKILL");
      await server.exited;
      await starting;
      await server.launch(server.listen);
    }
  }
}

export async function run({ rounds, random, say }) {
  const server = await Server.start({});
  try {
    await torment(server, rounds, random, say);
    await server.stop();
  } catch (error) {
    // Its data stay, to be looked at.
    say(`the server's data: ${server.dataDir}; it said: ${server.output.slice(-500)}`);
    throw error;
  } finally {
    server.child.kill("SIGKILL");
  }
}

async function torment(server, rounds, random, say) {
  const clients = {
    states: client(sfn.SFNClient, server), queues: client(sqs.SQSClient, server), topics: client(sns.SNSClient, server), bus: client(eventbridge.EventBridgeClient, server),
    roles: client(iam.IAMClient, server), groups: client(logs.CloudWatchLogsClient, server), metrics: client(cloudwatch.CloudWatchClient, server),
    net: client(ec2.EC2Client, server), tasks: client(ecs.ECSClient, server),
  };
  const { states } = clients;
  // Containers need root, crun and busybox; without them the rest is tormented.
  const subnet = containersRun() ? await prepare(server, "torture", ["sleep", "0.3"]) : undefined;
  if (!subnet) say("no containers here: the rest is tormented");
  const ledger = new Ledger();
  const executions = new Executions({ ...clients, ledger, random });
  await executions.prepare({ roleArn, subnet });
  const messages = new Messages(clients);
  await messages.prepare();
  const waits = (await states.send(new sfn.CreateStateMachineCommand({ name: "hour", definition: hour, roleArn }))).stateMachineArn;
  const set = await settings({ clients, roleArn, machineArn: waits, queueUrl: executions.queueUrl, topicArn: messages.topicArn, cluster: "torture" });
  const changing = await changingMachine({ states, roleArn, ledger, random });
  let steered = [];
  let changes = 0, kills = 0;
  const restarts = [];

  // A client that sends or changes one thing after another, until nobody answers.
  async function keepOn(pick, until) {
    while (until()) {
      const got = await pick()().catch((error) => {
        if (unanswered(error)) return { unknown: true };
        throw error;
      });
      if (got?.unknown) return;
      ++changes;
    }
  }
  let on = true;

  for (let round = 1; round <= rounds; ++round) {
    steered = steered.filter(({ cell }) => !cell.known || cell.possible[0].redrives < redrivesMax || cell.possible[0].status === "RUNNING");
    while (steered.length < steeredMax) steered.push(await steeredExecution({ states, machineArn: waits, ledger, name: `steered-${round}-${steered.length}`, random }));
    on = true;
    const going = () => on;
    const half = (which) => () => random.pick(set.filter((_, i) => i % 2 === which)).change;
    const broken = Promise.all([
      executions.start(`r${round}-a-${random.below(1e9)}`, going), executions.start(`r${round}-b-${random.below(1e9)}`, going), executions.watch(going), executions.call(going), executions.work(going),
      messages.consume(going), keepOn(() => () => messages.send(random), going), keepOn(half(0), going), keepOn(half(1), going),
      keepOn(() => changing.change, going), keepOn(() => random.pick(steered).change, going),
    ]);
    broken.catch(() => {});
    await killAfter(server, random.between(5, 250));
    const before = Date.now();
    on = false;
    await startAgain(server, random);
    ++kills;
    restarts.push(Date.now() - before);
    await broken;

    // All that was set, and of what is open the oldest and some that chance picks (the others' turn comes, in the end at the latest).
    const open = ledger.open(), looked = open.splice(0, 8);
    for (let i = 0; i < 32 && open.length > 0; ++i) looked.push(...open.splice(random.below(open.length), 1));
    await Promise.all([...set, changing, ...steered].map(({ cell }) => cell.check()).concat(looked.map((arn) => ledger.look(states, arn))));
    if (round % 50 === 0) say(`${round} rounds, ${ledger.entries.size} acknowledged starts, ${ledger.open().length} open, ${changes} changes, ${messages.sent.size} messages`);
  }

  let over = false;
  const end = new AbortController();
  const helping = Promise.all([executions.call(() => !over), executions.work(() => !over, end.signal)]);
  await Promise.race([ledger.settle(states, 60), helping]);
  const delivered = await messages.settle(30);
  over = true;
  end.abort();
  await helping;
  // What ended long ago is still what it was.
  const all = [...ledger.entries.keys()];
  for (let i = 0; i < Math.min(300, all.length); ++i) await ledger.read(states, random.pick(all));
  if (subnet) say(await executions.countContainers());
  say(delivered);
  restarts.sort((a, b) => a - b);
  say(`${rounds} rounds: ${ledger.finished} acknowledged starts, all ended as they must; ${executions.decided.size} answers to tasks and ${changes} changes kept; ${executions.unknown} starts without an answer; ` +
    `from its death to the next process's word: median ${restarts[restarts.length >> 1]} ms, longest ${restarts.at(-1)} ms`);
}
