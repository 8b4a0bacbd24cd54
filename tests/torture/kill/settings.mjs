// What is set and changed in every service, a cell each: after a crash it is as the last acknowledged call left it.
import { cloudwatch, ec2, ecs, eventbridge, iam, logs, sfn, sns, sqs } from "../lib/aws.mjs";
import { Cell } from "../lib/cells.mjs";

const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }] });

// Each has a number, which `set` writes and `read` reads; or is there or not, which `set` and `read` tell as 1 and 0.
export async function settings({ clients, roleArn, machineArn, queueUrl, topicArn, cluster }) {
  const { states, queues, topics, bus, roles, groups, metrics, net, tasks } = clients;
  await roles.send(new iam.CreateRoleCommand({ RoleName: "torture", AssumeRolePolicyDocument: trust, Description: "0" }));
  await groups.send(new logs.CreateLogGroupCommand({ logGroupName: "torture", tags: { n: "0" } }));
  const { Vpc: { VpcId } } = await net.send(new ec2.CreateVpcCommand({ CidrBlock: "10.66.0.0/16" }));
  await tasks.send(new ecs.CreateClusterCommand({ clusterName: cluster }));
  const { cluster: { clusterArn } } = await tasks.send(new ecs.CreateClusterCommand({ clusterName: "settings" }));
  const groupArn = "arn:aws:logs:us-east-1:000000000000:log-group:torture";
  const number = (tags, of = "n") => Number(Object.fromEntries((tags ?? []).map((tag) => [tag.Key ?? tag.key, tag.Value ?? tag.value]))[of] ?? 0);
  const policy = (n) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid: `n${n}`, Effect: "Allow", Action: "sqs:SendMessage", Resource: "*" }] });
  const absent = (names) => (error) => {
    if (names.includes(error.name)) return 0;
    throw error;
  };
  const all = {
    "a machine's tag": {
      set: (n) => states.send(new sfn.TagResourceCommand({ resourceArn: machineArn, tags: [{ key: "n", value: String(n) }] })),
      read: async () => number((await states.send(new sfn.ListTagsForResourceCommand({ resourceArn: machineArn }))).tags),
    },
    "a queue's attribute": {
      set: (n) => queues.send(new sqs.SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { MessageRetentionPeriod: String(100_000 + n) } })),
      read: async () => Number((await queues.send(new sqs.GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["MessageRetentionPeriod"] }))).Attributes.MessageRetentionPeriod) - 100_000,
      first: 345_600 - 100_000,
    },
    "a topic's attribute": {
      set: (n) => topics.send(new sns.SetTopicAttributesCommand({ TopicArn: topicArn, AttributeName: "DisplayName", AttributeValue: String(n) })),
      read: async () => Number((await topics.send(new sns.GetTopicAttributesCommand({ TopicArn: topicArn }))).Attributes.DisplayName || 0),
    },
    "a rule": {
      set: (n) => bus.send(new eventbridge.PutRuleCommand({ Name: "setting", EventPattern: '{"source":["nobody"]}', Description: String(n) })),
      read: () => bus.send(new eventbridge.DescribeRuleCommand({ Name: "setting" })).then(({ Description }) => Number(Description), absent(["ResourceNotFoundException"])),
    },
    "a role's description": {
      set: (n) => roles.send(new iam.UpdateRoleCommand({ RoleName: "torture", Description: String(n) })),
      read: async () => Number((await roles.send(new iam.GetRoleCommand({ RoleName: "torture" }))).Role.Description),
    },
    "a role's policy": {
      set: (n) => roles.send(new iam.PutRolePolicyCommand({ RoleName: "torture", PolicyName: "p", PolicyDocument: policy(n) })),
      read: () => roles.send(new iam.GetRolePolicyCommand({ RoleName: "torture", PolicyName: "p" }))
        .then(({ PolicyDocument }) => Number(/"n(\d+)"/.exec(decodeURIComponent(PolicyDocument))[1]), absent(["NoSuchEntity", "NoSuchEntityException"])),
    },
    "a log group's tag": {
      set: (n) => groups.send(new logs.TagResourceCommand({ resourceArn: groupArn, tags: { n: String(n) } })),
      read: async () => Number((await groups.send(new logs.ListTagsForResourceCommand({ resourceArn: groupArn }))).tags.n),
    },
    "an alarm": {
      set: (n) => metrics.send(new cloudwatch.PutMetricAlarmCommand({
        AlarmName: "setting", AlarmDescription: String(n), Namespace: "Torture", MetricName: "none", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1,
        ComparisonOperator: "GreaterThanThreshold",
      })),
      read: async () => Number((await metrics.send(new cloudwatch.DescribeAlarmsCommand({ AlarmNames: ["setting"] }))).MetricAlarms[0]?.AlarmDescription ?? 0),
    },
    "a network's tag": {
      set: (n) => net.send(new ec2.CreateTagsCommand({ Resources: [VpcId], Tags: [{ Key: "n", Value: String(n) }] })),
      read: async () => number((await net.send(new ec2.DescribeVpcsCommand({ VpcIds: [VpcId] }))).Vpcs[0].Tags),
    },
    "a cluster's tag": {
      set: (n) => tasks.send(new ecs.TagResourceCommand({ resourceArn: clusterArn, tags: [{ key: "n", value: String(n) }] })),
      read: async () => number((await tasks.send(new ecs.ListTagsForResourceCommand({ resourceArn: clusterArn }))).tags),
    },
    "a topic that comes and goes": {
      comes: true,
      set: (n) => topics.send(n ? new sns.CreateTopicCommand({ Name: "comes-and-goes" }) : new sns.DeleteTopicCommand({ TopicArn: topicArn.replace(/[^:]+$/, "comes-and-goes") })),
      read: () => topics.send(new sns.GetTopicAttributesCommand({ TopicArn: topicArn.replace(/[^:]+$/, "comes-and-goes") })).then(() => 1, absent(["NotFound", "NotFoundException"])),
    },
    "a user that comes and goes": {
      comes: true,
      set: (n) => roles.send(n ? new iam.CreateUserCommand({ UserName: "comes-and-goes" }) : new iam.DeleteUserCommand({ UserName: "comes-and-goes" })),
      read: () => roles.send(new iam.GetUserCommand({ UserName: "comes-and-goes" })).then(() => 1, absent(["NoSuchEntity", "NoSuchEntityException"])),
    },
    "a machine that comes": {
      set: (n) => states.send(new sfn.CreateStateMachineCommand({ name: `comes-${n}`, definition: '{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}', roleArn })),
      // The newest of them: the others are listed as well.
      read: async () => {
        const found = new Set();
        let nextToken;
        do {
          const page = await states.send(new sfn.ListStateMachinesCommand({ maxResults: 1000, nextToken }));
          for (const { name } of page.stateMachines) if (name.startsWith("comes-")) found.add(Number(name.slice(6)));
          nextToken = page.nextToken;
        } while (nextToken);
        const last = Math.max(0, ...found);
        if (found.size !== last) throw new Error(`of the machines comes-1 to comes-${last} ${found.size} are there`);
        return last;
      },
    },
  };
  return Object.entries(all).map(([name, { set, read, first = 0, comes }]) => {
    const cell = new Cell(name, first, read);
    let n = first;
    // One change more. What comes and goes, and what is counted, goes on from what is known to be there.
    const counts = comes || name === "a machine that comes";
    const change = async () => {
      if (counts && !cell.known) await cell.check();
      n = comes ? 1 - cell.possible[0] : counts ? cell.possible[0] + 1 : (n + 1) % 200_000;
      return cell.write(() => set(n), () => n);
    };
    return { cell, change };
  });
}
