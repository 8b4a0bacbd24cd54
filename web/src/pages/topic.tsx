// A topic: its last messages and who got them, its subscriptions; publish and subscribe.
import { ListSubscriptionsByTopicCommand, PublishCommand, SubscribeCommand, UnsubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { refresh, useAsked } from "../aws/queries";
import { sns } from "../aws/sns";
import { sqs } from "../aws/sqs";
import type { Place } from "../router";
import { CliOf } from "../ui/Cli";
import { ListTable } from "../ui/ListTable";
import { notify, notifyError } from "../ui/notices";
import { Failure, Nothing, Page, Waiting } from "../ui/Page";
import { Arn } from "../ui/Arn";
import { Delivered, useMessages } from "./execution/MessageDeliveries";

const protocols = [{ value: "sqs", label: "Queue (SQS)" }, { value: "http", label: "HTTP" }, { value: "https", label: "HTTPS" }];

const subscription = (topic: string, protocol: string, endpoint: string) => new SubscribeCommand({ TopicArn: topic, Protocol: protocol, Endpoint: endpoint });
const leaving = (arn: string | undefined) => new UnsubscribeCommand({ SubscriptionArn: arn });

/** What lets the topic write into the queue. */
function permission(QueueUrl: string | undefined, queueArn: string, topicArn: string) {
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queueArn, Condition: { ArnEquals: { "aws:SourceArn": topicArn } } }] });
  return new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } });
}

/** A queue that hears the topic, made and allowed to. */
async function subscribeQueue(topicArn: string, name: string) {
  const { QueueUrl } = await sqs().send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const queueArn = Attributes!.QueueArn!;
  await sqs().send(permission(QueueUrl, queueArn, topicArn));
  await sns().send(subscription(topicArn, "sqs", queueArn));
}

/** The same for a terminal, where the queue's address is known before it is asked for. */
function subscribing(topicArn: string, protocol: string, endpoint: string) {
  if (protocol !== "sqs" || endpoint.startsWith("arn:")) return subscription(topicArn, protocol, endpoint);
  const [, partition, , region, account] = topicArn.split(":");
  const queueArn = `arn:${partition}:sqs:${region}:${account}:${endpoint}`;
  return [new CreateQueueCommand({ QueueName: endpoint }), permission(`${window.location.origin}/${account}/${endpoint}`, queueArn, topicArn), subscription(topicArn, "sqs", queueArn)];
}

export default function TopicPage({ place }: { place: Place }) {
  const arn = place.path[1];
  const name = arn.split(":").at(-1)!;
  const messages = useMessages(arn);
  const subscriptions = useAsked(["subscriptions", arn], async (abortSignal) => (await sns().send(new ListSubscriptionsByTopicCommand({ TopicArn: arn }), { abortSignal })).Subscriptions ?? [], { changesWith: [`subscriptions:${arn}`] });
  const [protocol, setProtocol] = useState("sqs");
  const [endpoint, setEndpoint] = useState("");
  const [message, setMessage] = useState("");
  const subscribe = async () => {
    try {
      if (protocol === "sqs" && !endpoint.startsWith("arn:")) await subscribeQueue(arn, endpoint);
      else await sns().send(subscription(arn, protocol, endpoint));
      setEndpoint("");
      void refresh("subscriptions", arn);
    } catch (error) {
      notifyError("Nothing was subscribed", error);
    }
  };
  const publication = () => new PublishCommand({ TopicArn: arn, Message: message });
  const publish = () => void sns().send(publication()).then(() => (setMessage(""), notify("success", "The message was published."), refresh("messages", arn)), (e: unknown) => notifyError("The message was not published", e));
  return (
    <Page title={name} description={<Arn value={arn} />}>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2" counter={messages.data ? `(${messages.data.messages.length})` : undefined} description="The last messages that this server took, and what became of them.">Messages</Header>}>
          <SpaceBetween size="m">
            {messages.error && <Failure error={messages.error} what="The messages could not be read" />}
            {!messages.data && !messages.error && <Waiting />}
            {messages.data?.messages.length === 0 && <Nothing title="No messages yet" text="Publish one below, or let a state machine do it: it appears here with what became of it." />}
            {messages.data?.messages.map((m) => <Delivered key={m.messageId} message={m} />)}
            <FormField label="Publish a message"><SpaceBetween direction="horizontal" size="xs"><Input value={message} onChange={({ detail }) => setMessage(detail.value)} placeholder="Text" ariaLabel="Text of the message" /><Button disabled={!message} onClick={publish}>Publish</Button><CliOf of={publication} /></SpaceBetween></FormField>
          </SpaceBetween>
        </Container>
        <ListTable
          title="Subscriptions" variant="container" query={subscriptions} trackBy={(s) => `${s.SubscriptionArn} ${s.Endpoint}`} fields={["Endpoint", "Protocol"]} empty={{ title: "No subscriptions", text: "Nobody hears this topic yet. Name a queue: it is made and subscribed." }}
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <Select options={protocols} selectedOption={protocols.find((p) => p.value === protocol)!} onChange={({ detail }) => setProtocol(detail.selectedOption.value!)} ariaLabel="Protocol" />
              <Input value={endpoint} onChange={({ detail }) => setEndpoint(detail.value)} placeholder={protocol === "sqs" ? "Queue name or ARN" : "URL"} ariaLabel="Endpoint" />
              <Button disabled={!endpoint} onClick={() => void subscribe()}>Subscribe</Button>
              <CliOf of={() => subscribing(arn, protocol, endpoint)} />
            </SpaceBetween>
          }
          columns={[
            { id: "protocol", header: "Protocol", cell: (s) => s.Protocol },
            { id: "endpoint", header: "Endpoint", cell: (s) => <span className="mono">{s.Endpoint}</span> },
            { id: "state", header: "State", cell: (s) => (s.SubscriptionArn?.startsWith("arn:") ? "Confirmed" : <Box color="text-status-inactive">Waits for confirmation</Box>) },
            { id: "remove", header: "", cell: (s) => (s.SubscriptionArn?.startsWith("arn:") ? <><Button variant="inline-link" ariaLabel={`Unsubscribe ${s.Endpoint}`} onClick={() => void sns().send(leaving(s.SubscriptionArn)).then(() => refresh("subscriptions", arn), (e: unknown) => notifyError("It is still subscribed", e))}>Unsubscribe</Button> <CliOf inline of={() => leaving(s.SubscriptionArn)} what={s.Endpoint} /></> : null) },
          ]}
        />
      </SpaceBetween>
    </Page>
  );
}
