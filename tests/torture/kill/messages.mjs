// What is accepted for somebody else: every message that was acknowledged arrives, nothing arrives that nobody sent, what was deleted
// does not come again, what is in order stays in order.
import assert from "node:assert/strict";
import { attempt, cloudwatch, eventbridge, logs, sleep, sns, sqs } from "../lib/aws.mjs";

export class Messages {
  sent = new Map();  // id -> whether it was acknowledged
  arrived = new Map();  // id -> the message ids that it came with
  deleted = new Set();  // message ids whose deletion was acknowledged
  twice = 0;
  lastInOrder = 0;
  next = 1;
  datapoints = { acknowledged: 0, unknown: 0 };

  constructor(clients) {
    Object.assign(this, clients);
  }

  async prepare() {
    const queue = async (QueueName, Attributes) => (await this.queues.send(new sqs.CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: "1", ...Attributes } }))).QueueUrl;
    this.all = await queue("messages", {});
    this.ordered = await queue("ordered.fifo", { FifoQueue: "true" });
    const { Attributes: { QueueArn } } = await this.queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl: this.all, AttributeNames: ["QueueArn"] }));
    await this.queues.send(new sqs.SetQueueAttributesCommand({
      QueueUrl: this.all, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: QueueArn }] }) },
    }));
    this.topicArn = (await this.topics.send(new sns.CreateTopicCommand({ Name: "messages" }))).TopicArn;
    await this.topics.send(new sns.SubscribeCommand({ TopicArn: this.topicArn, Protocol: "sqs", Endpoint: QueueArn, Attributes: { RawMessageDelivery: "true" } }));
    await this.bus.send(new eventbridge.PutRuleCommand({ Name: "messages", EventPattern: '{"source":["torture"]}' }));
    await this.bus.send(new eventbridge.PutTargetsCommand({ Rule: "messages", Targets: [{ Id: "q", Arn: QueueArn, InputPath: "$.detail" }] }));
    await this.groups.send(new logs.CreateLogGroupCommand({ logGroupName: "messages" }));
    await this.groups.send(new logs.CreateLogStreamCommand({ logGroupName: "messages", logStreamName: "s" }));
  }

  // One more, by the way that chance picks.
  async send(random) {
    const n = this.next++;
    const way = random.pick(["queue", "ordered", "topic", "bus", "log", "datapoint"]);
    const id = `${way} ${n}`, MessageBody = JSON.stringify({ id });
    const ask = {
      queue: () => this.queues.send(new sqs.SendMessageCommand({ QueueUrl: this.all, MessageBody })),
      ordered: () => this.queues.send(new sqs.SendMessageCommand({ QueueUrl: this.ordered, MessageBody, MessageGroupId: "g", MessageDeduplicationId: String(n) })),
      topic: () => this.topics.send(new sns.PublishCommand({ TopicArn: this.topicArn, Message: MessageBody })),
      bus: async () => {
        const { FailedEntryCount } = await this.bus.send(new eventbridge.PutEventsCommand({ Entries: [{ Source: "torture", DetailType: "m", Detail: MessageBody }] }));
        assert.equal(FailedEntryCount, 0);
      },
      log: () => this.groups.send(new logs.PutLogEventsCommand({ logGroupName: "messages", logStreamName: "s", logEvents: [{ timestamp: Date.now(), message: id }] })),
      datapoint: () => this.metrics.send(new cloudwatch.PutMetricDataCommand({ Namespace: "Torture", MetricData: [{ MetricName: "sent", Value: 1 }] })),
    }[way];
    if (way === "datapoint") ++this.datapoints.unknown;
    else this.sent.set(id, false);
    const got = await attempt(ask);
    if ("value" in got) {
      if (way === "datapoint") --this.datapoints.unknown, ++this.datapoints.acknowledged;
      else this.sent.set(id, true);
    }
    return got;
  }

  // Takes what is there off a queue; whether anything was, or that nobody answers any more.
  async receive(QueueUrl) {
    const got = await attempt(() => this.queues.send(new sqs.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 })));
    if (!got.value) return got;
    const messages = got.value.Messages ?? [];
    for (const { Body, MessageId } of messages) {
      const { id } = JSON.parse(Body);
      assert.ok(this.sent.has(id), `nobody sent ${id}`);
      assert.ok(!this.deleted.has(MessageId), `${id} was deleted, and comes again`);
      const ids = this.arrived.get(id) ?? this.arrived.set(id, new Set()).get(id);
      if (ids.size > 0 && !ids.has(MessageId)) {
        ++this.twice;
        assert.ok(!/^(queue|ordered)/.test(id), `${id} was sent once, and is there twice`);
      }
      if (ids.size === 0 && QueueUrl === this.ordered) {
        const n = Number(id.split(" ")[1]);
        assert.ok(n > this.lastInOrder, `${id} comes behind ${this.lastInOrder}`);
        this.lastInOrder = n;
      }
      ids.add(MessageId);
    }
    if (messages.length > 0) {
      const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
      const gone = await attempt(() => this.queues.send(new sqs.DeleteMessageBatchCommand({ QueueUrl, Entries })));
      if (!gone.value) return gone;
      for (const { Id } of gone.value.Successful) this.deleted.add(messages[Number(Id)].MessageId);
    }
    return { value: messages.length > 0 };
  }

  async consume(until) {
    while (until()) {
      const first = await this.receive(this.all), second = await this.receive(this.ordered);
      if (first.unknown || second.unknown) return;
      if (!first.value && !second.value) await sleep(10);
    }
  }

  // In the end everything that was accepted has arrived.
  async settle(seconds) {
    const missing = () => [...this.sent].filter(([id, acknowledged]) => acknowledged && !id.startsWith("log") && !this.arrived.has(id)).map(([id]) => id);
    for (const until = Date.now() + seconds * 1000; missing().length > 0; ) {
      assert.ok(Date.now() < until, `accepted, and not arrived after ${seconds} s: ${missing().slice(0, 10)}`);
      await this.receive(this.all);
      await this.receive(this.ordered);
    }
    await this.#logs();
    await this.#datapoints();
    return `${[...this.sent.values()].filter(Boolean).length} messages, events and log lines were accepted and have arrived, ${this.datapoints.acknowledged} data points are counted (${this.twice} deliveries of topics and rules twice)`;
  }

  async #logs() {
    const found = [];
    for (let nextToken; ; ) {
      const page = await this.groups.send(new logs.GetLogEventsCommand({ logGroupName: "messages", logStreamName: "s", startFromHead: true, nextToken }));
      found.push(...page.events.map((event) => event.message));
      if (page.nextForwardToken === nextToken) break;
      nextToken = page.nextForwardToken;
    }
    const there = new Set(found);
    assert.equal(there.size, found.length, "a log line is there twice");
    for (const id of found) assert.ok(this.sent.has(id), `nobody logged ${id}`);
    for (const [id, acknowledged] of this.sent) if (acknowledged && id.startsWith("log")) assert.ok(there.has(id), `${id} was accepted and is not there`);
  }

  async #datapoints() {
    const { Datapoints } = await this.metrics.send(new cloudwatch.GetMetricStatisticsCommand({
      Namespace: "Torture", MetricName: "sent", StartTime: new Date(Date.now() - 86_400_000), EndTime: new Date(Date.now() + 60_000), Period: 86_400, Statistics: ["SampleCount"],
    }));
    const counted = Datapoints.reduce((sum, one) => sum + one.SampleCount, 0);
    const { acknowledged, unknown } = this.datapoints;
    assert.ok(counted >= acknowledged && counted <= acknowledged + unknown, `${counted} data points are counted; ${acknowledged} were accepted, ${unknown} more may be`);
  }
}
