// The sample "Manage a container task", deployed: what the acceptance tests start from.
import { readFileSync } from "node:fs";
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand, DescribeStackEventsCommand, DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { SFNClient, StartExecutionCommand, DescribeExecutionCommand, GetExecutionHistoryCommand } from "@aws-sdk/client-sfn";
import { SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { SQSClient, CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { busyboxImage, until } from "./server.mjs";

const samples = new URL("../../../samples/manage-a-container-task/", import.meta.url);
export const template = () => JSON.parse(readFileSync(new URL("template.json", samples), "utf8"));

// Imports the image under the name that the sample's task definition has.
export function importImage(server) {
  server.gantry("image", "import", busyboxImage(), "amazon/amazon-ecs-sample");
}

// Changes a copy of the template: the container's command, the state machine's definition text.
export function changed(document, { command, definition } = {}) {
  const copy = structuredClone(document);
  if (command) {
    const container = copy.Resources.ECSTaskDefinition.Properties.ContainerDefinitions[0];
    container.EntryPoint = ["sh", "-c"];
    container.Command = [command];
  }
  if (definition) {
    const properties = copy.Resources.ECSTaskNotificationStateMachine.Properties;
    const sub = properties.DefinitionString["Fn::Sub"];
    if (Array.isArray(sub)) sub[0] = definition(sub[0]);
    else properties.DefinitionString["Fn::Sub"] = definition(sub);
  }
  return copy;
}

export async function deploy(server, body = template(), { credentials, name = "FargateTaskNotification" } = {}) {
  const cloudformation = new CloudFormationClient(server.client(credentials));
  await cloudformation.send(new CreateStackCommand({ StackName: name, TemplateBody: JSON.stringify(body), Capabilities: ["CAPABILITY_IAM"] }));
  const stack = await until(
    async () => (await cloudformation.send(new DescribeStacksCommand({ StackName: name }))).Stacks[0],
    (s) => !s.StackStatus.endsWith("_IN_PROGRESS"),
  );
  const events = (await cloudformation.send(new DescribeStackEventsCommand({ StackName: name }))).StackEvents;
  const resources = Object.fromEntries(
    (await cloudformation.send(new DescribeStackResourcesCommand({ StackName: name }))).StackResources.map((r) => [r.LogicalResourceId, r.PhysicalResourceId]),
  );
  return { name, stack, events, resources, machineArn: resources.ECSTaskNotificationStateMachine, topicArn: resources.SNSTopic };
}

// A queue that hears what the topic says; returns a function that waits for the next message.
export async function listen(server, topicArn, credentials) {
  const sqs = new SQSClient(server.client(credentials));
  const sns = new SNSClient(server.client(credentials));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "heard" }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Attributes.QueueArn }] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: "sqs", Endpoint: Attributes.QueueArn }));
  return async () => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    return Messages ? JSON.parse(Messages[0].Body) : undefined;
  };
}

export async function start(server, stateMachineArn, options = {}) {
  const sfn = new SFNClient(server.client(options.credentials));
  return (await sfn.send(new StartExecutionCommand({ stateMachineArn, name: options.name, input: options.input }))).executionArn;
}

export async function finished(server, executionArn, { credentials, seconds = 60 } = {}) {
  const sfn = new SFNClient(server.client(credentials));
  return until(() => sfn.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { seconds });
}

export async function history(server, executionArn, credentials) {
  const sfn = new SFNClient(server.client(credentials));
  return (await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events;
}
