// SQS queues.
import { CreateQueueCommand, GetQueueAttributesCommand, ListQueuesCommand } from "@aws-sdk/client-sqs";
import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { refresh, useAsked } from "../aws/queries";
import { sqs } from "../aws/sqs";
import { paths } from "../router";
import { CliOf } from "../ui/Cli";
import { ListTable } from "../ui/ListTable";
import { notifyError } from "../ui/notices";

export default function QueuesPage() {
  const [name, setName] = useState("");
  const queues = useAsked(["queues"], async (abortSignal) => {
    const { QueueUrls = [] } = await sqs().send(new ListQueuesCommand({ MaxResults: 200 }), { abortSignal });
    return Promise.all(QueueUrls.map(async (url) => {
      const { Attributes = {} } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["All"] }), { abortSignal });
      return { url, name: url.split("/").at(-1)!, available: Number(Attributes.ApproximateNumberOfMessages ?? 0), inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0) };
    }));
  }, { changesWith: ["queues"] });
  const creation = () => new CreateQueueCommand({ QueueName: name, Attributes: name.endsWith(".fifo") ? { FifoQueue: "true" } : undefined });
  const create = () => void sqs().send(creation()).then(() => (setName(""), refresh("queues")), (e: unknown) => notifyError("The queue was not created", e));
  return (
    <ListTable
      title="Queues" query={queues} trackBy={(q) => q.url} fields={["name"]} empty={{ title: "No queues", text: "Create one: a queue keeps messages until somebody takes them." }}
      actions={<SpaceBetween direction="horizontal" size="xs"><Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder="Name" ariaLabel="Name of the new queue" /><Button disabled={!name} onClick={create}>Create queue</Button><CliOf of={creation} /></SpaceBetween>}
      columns={[
        { id: "name", header: "Name", cell: (q) => <Link href={paths.queue(q.url)}>{q.name}</Link>, sortingField: "name", isRowHeader: true },
        { id: "available", header: "Messages available", cell: (q) => q.available, sortingField: "available" },
        { id: "flight", header: "Messages in flight", cell: (q) => q.inFlight, sortingField: "inFlight" },
      ]}
    />
  );
}
