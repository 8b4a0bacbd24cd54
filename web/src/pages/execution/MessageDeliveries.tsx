// A message that a topic was given, and who got it.
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator, { type StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import { api } from "../../aws/api";
import { useAsked } from "../../aws/queries";
import { paths } from "../../router";
import { Failure, Waiting } from "../../ui/Page";
import { dateTime } from "../../ui/time";

export interface Message {
  messageId: string;
  timestamp: number;
  subject?: string;
  message: string;
  deliveries: Array<{ subscriptionArn: string; protocol: string; endpoint: string; state: "waiting" | "delivered" | "failed" | "unreachable" }>;
}

export const useMessages = (topicArn: string) => useAsked<{ messages: Message[] }>(["messages", topicArn], (signal) => api("topics/messages", { topicArn }, signal), { changesWith: [`messages:${topicArn}`] });

const states: Record<string, [StatusIndicatorProps.Type, string]> = { waiting: ["pending", "On its way"], delivered: ["success", "Delivered"], failed: ["error", "Not delivered"], unreachable: ["stopped", "Can't be reached from here"] };

export function Delivered({ message }: { message: Message }) {
  return (
    <SpaceBetween size="xs">
      <div className="text-block" dir="auto">{message.message}</div>
      <Box variant="small" color="text-body-secondary">{dateTime(message.timestamp * 1000, true)}, message {message.messageId}</Box>
      {message.deliveries.length === 0 && <Box variant="small" color="text-body-secondary">Nobody is subscribed who wanted it.</Box>}
      {message.deliveries.map((d) => {
        const [type, words] = states[d.state];
        const name = d.endpoint.split(":").at(-1);
        return (
          <SpaceBetween key={d.subscriptionArn} direction="horizontal" size="xs" alignItems="center">
            <StatusIndicator type={type}>{words}</StatusIndicator>
            <Badge>{d.protocol}</Badge>
            {d.protocol === "sqs" ? <Link href={paths.queue(`${window.location.origin}/${d.endpoint.split(":")[4]}/${name}`)}>{name}</Link> : <span className="mono">{d.endpoint}</span>}
          </SpaceBetween>
        );
      })}
    </SpaceBetween>
  );
}

export default function MessageDeliveries({ topicArn, messageId }: { topicArn: string; messageId?: string }) {
  const messages = useMessages(topicArn);
  if (messages.error) return <Failure error={messages.error} what="The topic's messages could not be read" />;
  if (!messages.data) return <Waiting />;
  const found = messages.data.messages.find((m) => m.messageId === messageId);
  return (
    <SpaceBetween size="s">
      <div><Box variant="awsui-key-label">Topic</Box><Link href={paths.topic(topicArn)}>{topicArn.split(":").at(-1)}</Link></div>
      {found?.deliveries.length === 0 && <Box variant="small" color="text-body-secondary">On the topic's page a queue can be subscribed.</Box>}
      {found ? <Delivered message={found} /> : <Box color="text-body-secondary">The server remembers the last messages alone, and this one is not among them.</Box>}
    </SpaceBetween>
  );
}
