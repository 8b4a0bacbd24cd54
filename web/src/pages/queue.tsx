// A queue: look at its messages, send one.
import { DeleteMessageCommand, GetQueueAttributesCommand, PurgeQueueCommand, ReceiveMessageCommand, SendMessageCommand, type Message } from "@aws-sdk/client-sqs";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { refresh, useAsked } from "../aws/queries";
import { sqs } from "../aws/sqs";
import type { Place } from "../router";
import { CliOf } from "../ui/Cli";
import { JsonText } from "../ui/JsonText";
import { notify, notifyError } from "../ui/notices";
import { Arn } from "../ui/Arn";
import { Failure, Nothing, Page } from "../ui/Page";

export default function QueuePage({ place }: { place: Place }) {
  const url = place.path[1];
  const [messages, setMessages] = useState<Message[]>([]);
  const [polling, setPolling] = useState(false);
  const [body, setBody] = useState("");
  const attributes = useAsked(["queue", url], async (abortSignal) => (await sqs().send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }), { abortSignal })).Attributes ?? {}, { changesWith: [`queue:${url}`] });
  // A visibility timeout of none: what is looked at here stays there for its receiver.
  const reception = () => new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, VisibilityTimeout: 0, MessageSystemAttributeNames: ["All"] });
  const purge = () => new PurgeQueueCommand({ QueueUrl: url });
  const sending = () => new SendMessageCommand({ QueueUrl: url, MessageBody: body });
  const deletion = (m: Message) => new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: m.ReceiptHandle });
  const poll = async () => {
    setPolling(true);
    try {
      const { Messages = [] } = await sqs().send(reception());
      setMessages((before) => [...Messages, ...before.filter((m) => !Messages.some((n) => n.MessageId === m.MessageId))].slice(0, 100));
      if (Messages.length === 0) notify("info", "No message came within 5 seconds.");
    } catch (error) {
      notifyError("The queue could not be polled", error);
    } finally {
      setPolling(false);
    }
  };
  const send = () => void sqs().send(sending()).then(() => (setBody(""), notify("success", "The message is in the queue."), refresh("queue", url)), (e: unknown) => notifyError("The message was not sent", e));
  const remove = (m: Message) => void sqs().send(deletion(m)).then(() => setMessages((all) => all.filter((n) => n !== m)), (e: unknown) => notifyError("The message was not deleted", e));
  const a = attributes.data;
  return (
    <Page
      title={url.split("/").at(-1)!} description={<Arn value={url} what="URL" />}
      actions={<SpaceBetween direction="horizontal" size="xs"><Button onClick={() => void sqs().send(purge()).then(() => (setMessages([]), refresh("queue", url)), (e: unknown) => notifyError("The queue was not purged", e))}>Purge</Button><CliOf of={purge} /></SpaceBetween>}
    >
      <SpaceBetween size="l">
        {attributes.error && <Failure error={attributes.error} what="The queue could not be read" />}
        {a && (
          <Container>
            <KeyValuePairs columns={4} items={[
              { label: "ARN", value: <Arn value={a.QueueArn} /> }, { label: "Messages available", value: a.ApproximateNumberOfMessages }, { label: "Messages in flight", value: a.ApproximateNumberOfMessagesNotVisible }, { label: "Visibility timeout", value: `${a.VisibilityTimeout} s` },
            ]} />
          </Container>
        )}
        <Container header={<Header variant="h2" actions={<SpaceBetween direction="horizontal" size="xs"><CliOf of={reception} /><Button variant="primary" loading={polling} onClick={() => void poll()}>Poll for messages</Button></SpaceBetween>} description="What is looked at here stays in the queue, but counts as received once more.">Messages</Header>}>
          <SpaceBetween size="m">
            {messages.length === 0 && <Nothing title="No messages" text="To view messages in the queue, poll for messages." />}
            {messages.map((m) => (
              <div key={m.MessageId}>
                <Box variant="small" color="text-body-secondary">{m.MessageId}, received {m.Attributes?.ApproximateReceiveCount} times <Button variant="inline-link" onClick={() => remove(m)}>Delete</Button> <CliOf inline of={() => deletion(m)} what={m.MessageId} /></Box>
                <JsonText value={m.Body} label={`Message ${m.MessageId}`} name={m.MessageId} />
              </div>
            ))}
          </SpaceBetween>
        </Container>
        <Container header={<Header variant="h2">Send a message</Header>}>
          <FormField label="Message body" stretch secondaryControl={<SpaceBetween direction="horizontal" size="xs"><Button disabled={!body} onClick={send}>Send</Button><CliOf of={sending} /></SpaceBetween>}><Textarea value={body} onChange={({ detail }) => setBody(detail.value)} ariaLabel="Message body" /></FormField>
        </Container>
      </SpaceBetween>
    </Page>
  );
}
