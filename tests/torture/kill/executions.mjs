// Executions of every kind that goes on by itself or is answered from outside: what each must come to is known when it is acknowledged,
// or once an answer to its task is.
import assert from "node:assert/strict";
import { attempt, ecs, sfn, sleep, sqs, unanswered } from "../lib/aws.mjs";

const pass = (next) => ({ Type: "Pass", ...(next ? { Next: next } : { End: true }) });
const chain = (length) => Object.fromEntries(Array.from({ length }, (_, i) => [`P${i}`, pass(i + 1 < length ? `P${i + 1}` : undefined)]));
const items = (random) => ({ items: Array.from({ length: random.between(0, 6) }, (_, n) => n) });
const itemsOf = (given) => JSON.stringify(JSON.parse(given).items);
const same = (given) => given;

// What stays open from round to round is bounded, so that the thousandth round takes as long as the first.
const answeredMax = 40, containersMax = 60;

function kinds({ queueUrl, activityArn, chainArn, subnet }) {
  const answered = (Resource, more) => ({ StartAt: "T", States: { T: { Type: "Task", Resource, End: true, ...more } } });
  const all = {
    chain: { definition: { StartAt: "P0", States: chain(10) }, output: same },
    wait: {
      definition: { StartAt: "W", States: { W: { Type: "Wait", SecondsPath: "$.seconds", Next: "P0" }, ...chain(2) } },
      input: (random) => ({ seconds: random.between(0, 2) }), output: same,
    },
    map: {
      definition: { StartAt: "M", States: { M: { Type: "Map", ItemsPath: "$.items", MaxConcurrency: 3, ItemProcessor: { StartAt: "I", States: { I: { Type: "Wait", Seconds: 0, End: true } } }, Next: "P0" }, ...chain(3) } },
      input: items, output: itemsOf,
    },
    distributed: {
      definition: { StartAt: "M", States: { M: { Type: "Map", ItemsPath: "$.items", MaxConcurrency: 2, ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "I", States: { I: { Type: "Wait", Seconds: 0, End: true } } }, End: true } } },
      input: items, output: itemsOf,
    },
    nested: {
      definition: answered("arn:aws:states:::states:startExecution.sync:2", { Parameters: { StateMachineArn: chainArn, "Input.$": "$" }, OutputPath: "$.Output" }),
      output: same,
    },
    callback: {
      definition: answered("arn:aws:states:::sqs:sendMessage.waitForTaskToken", { HeartbeatSeconds: 7200, Parameters: { QueueUrl: queueUrl, MessageBody: { "token.$": "$$.Task.Token", "execution.$": "$$.Execution.Id" } } }),
      answered: true,
    },
    // Who took it may have been killed in the same moment as the server: then it runs out of time and is offered again.
    activity: {
      definition: answered(activityArn, { TimeoutSeconds: 2, Parameters: { "execution.$": "$$.Execution.Id" }, Retry: [{ ErrorEquals: ["States.Timeout"], IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: 99_999 }] }),
      answered: true,
    },
  };
  if (subnet) {
    const Environment = [{ Name: "EXECUTION", "Value.$": "$$.Execution.Id" }];
    all.container = {
      definition: answered("arn:aws:states:::ecs:runTask.sync", {
        Parameters: {
          Cluster: "torture", TaskDefinition: "torture", LaunchType: "FARGATE", NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [subnet] } },
          Overrides: { ContainerOverrides: [{ Name: "main", Environment }] },
        },
        ResultSelector: { "code.$": "$.Containers[0].ExitCode" },
      }),
      output: () => '{"code":0}', rare: true,
    };
  }
  return all;
}

export class Executions {
  asked = new Map();  // execution -> the ends that somebody asked for by answering its task
  decided = new Map();  // execution -> the one that was acknowledged
  unknown = 0;
  wanting = 0;  // executions whose task is to be answered
  containers = 0;
  answers = 0;

  constructor({ states, queues, tasks, ledger, random }) {
    Object.assign(this, { states, queues, tasks, ledger, random });
  }

  async prepare({ roleArn, subnet }) {
    this.queueUrl = (await this.queues.send(new sqs.CreateQueueCommand({ QueueName: "callbacks", Attributes: { VisibilityTimeout: "1" } }))).QueueUrl;
    this.activityArn = (await this.states.send(new sfn.CreateActivityCommand({ name: "work" }))).activityArn;
    const named = { queueUrl: this.queueUrl, activityArn: this.activityArn, subnet };
    this.kinds = {};
    for (const name of Object.keys(kinds(named))) {
      const kind = kinds({ ...named, chainArn: this.kinds.chain?.arn })[name];
      const { stateMachineArn } = await this.states.send(new sfn.CreateStateMachineCommand({ name, definition: JSON.stringify(kind.definition), roleArn }));
      this.kinds[name] = { ...kind, arn: stateMachineArn };
    }
  }

  #pick() {
    const names = Object.keys(this.kinds).filter((name) => !this.kinds[name].rare && !(this.kinds[name].answered && this.wanting - this.asked.size >= answeredMax));
    if (this.kinds.container && this.containers < containersMax && this.random.below(100) === 0) return "container";
    return this.random.pick(["chain", ...names]);
  }

  // Starts executions until nobody answers.
  async start(name, until) {
    for (let n = 0; until(); ++n) {
      const kind = this.#pick(), { arn, input, output } = this.kinds[kind];
      const given = JSON.stringify(input ? input(this.random) : { n: this.random.below(1000) });
      const got = await attempt(() => this.states.send(new sfn.StartExecutionCommand({ stateMachineArn: arn, name: `${name}-${n}`, input: given })));
      if (got.unknown) return void ++this.unknown;
      if (!got.value) continue;
      const { executionArn } = got.value;
      this.ledger.acknowledged(executionArn, kind, output ? output(given) : (now) => this.#judge(executionArn, now));
      if (kind === "container") ++this.containers;
      if (!output) ++this.wanting;
    }
  }

  // Reads histories while they grow.
  async watch(until) {
    while (until()) {
      const open = this.ledger.open();
      if (open.length === 0) await sleep(5);
      else if ((await attempt(() => this.ledger.read(this.states, open[Math.max(0, open.length - 1 - this.random.below(20))]))).unknown) return;
    }
  }

  #judge(execution, { status, output, error }) {
    const now = `${status} ${output ?? error}`;
    if (this.decided.has(execution)) assert.equal(now, this.decided.get(execution), `${execution}: its task's answer was acknowledged`);
    else assert.ok(this.asked.get(execution)?.has(now), `${execution}: nobody answered its task so that it ends with ${now}`);
  }

  // Answers a task, or says that it is alive; whether somebody heard it.
  async #answer(execution, taskToken, mayRunOut) {
    if (this.random.below(3) === 0) {
      const beat = await this.#send(new sfn.SendTaskHeartbeatCommand({ taskToken }));
      if (beat.unknown) return beat;
    }
    const n = ++this.answers, good = this.random.below(3) > 0;
    const end = good ? `SUCCEEDED {"answer":${n}}` : `FAILED Answer${n}`;
    const asked = this.asked.get(execution) ?? this.asked.set(execution, new Set()).get(execution);
    const others = asked.size;
    asked.add(end);
    const got = await this.#send(good ? new sfn.SendTaskSuccessCommand({ taskToken, output: `{"answer":${n}}` }) : new sfn.SendTaskFailureCommand({ taskToken, error: `Answer${n}`, cause: "as asked" }));
    if (got.late) {
      asked.delete(end);
      assert.ok(mayRunOut || others > 0, `${execution}: its task's token is not known, and nobody has answered it`);
    }
    if ("value" in got) {
      assert.ok(!this.decided.has(execution), `${execution}: its task was answered twice`);
      this.decided.set(execution, end);
    }
    return got;
  }
  async #send(command) {
    try {
      return { value: await this.states.send(command) };
    } catch (error) {
      if (unanswered(error)) return { unknown: true };
      if (["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"].includes(error.name)) return { late: true };
      throw error;
    }
  }

  // Answers callbacks. A message may come twice; an answer that was acknowledged is not wanted again.
  async call(until) {
    while (until()) {
      const got = await attempt(() => this.queues.send(new sqs.ReceiveMessageCommand({ QueueUrl: this.queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 })));
      if (got.unknown) return;
      for (const { Body, ReceiptHandle } of got.value?.Messages ?? []) {
        const { token, execution } = JSON.parse(Body);
        if ((await this.#answer(execution, token, this.decided.has(execution))).unknown) return;
        if ((await attempt(() => this.queues.send(new sqs.DeleteMessageCommand({ QueueUrl: this.queueUrl, ReceiptHandle })))).unknown) return;
      }
      if (!got.value?.Messages?.length) await sleep(20);
    }
  }

  // Does the activity's work. `signal` ends a poll that nobody answers.
  async work(until, signal) {
    while (until()) {
      const got = await attempt(() => this.states.send(new sfn.GetActivityTaskCommand({ activityArn: this.activityArn, workerName: "w" }), { abortSignal: signal, requestTimeout: 70_000 }));
      if (got.unknown) return;
      if (!got.value?.taskToken) continue;
      if ((await this.#answer(JSON.parse(got.value.input).execution, got.value.taskToken, true)).unknown) return;
    }
  }

  // One container task for one state, however often the process has died between asking for it and hearing of it.
  async countContainers() {
    const perExecution = new Map();
    for (const desiredStatus of ["RUNNING", "STOPPED"]) {
      let nextToken;
      do {
        const page = await this.tasks.send(new ecs.ListTasksCommand({ cluster: "torture", desiredStatus, nextToken }));
        nextToken = page.nextToken;
        if (page.taskArns.length === 0) continue;
        const described = await this.tasks.send(new ecs.DescribeTasksCommand({ cluster: "torture", tasks: page.taskArns }));
        for (const task of described.tasks) {
          const execution = task.overrides.containerOverrides[0].environment[0].value;
          perExecution.set(execution, (perExecution.get(execution) ?? 0) + 1);
        }
      } while (nextToken);
    }
    for (const [execution, count] of perExecution) assert.equal(count, 1, `${count} tasks for ${execution}`);
    return `${perExecution.size} container tasks, one for each execution that asked`;
  }
}
