// SNS topics.
import { CreateTopicCommand, ListTopicsCommand } from "@aws-sdk/client-sns";
import Button from "@cloudscape-design/components/button";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { refresh, useAsked } from "../aws/queries";
import { sns } from "../aws/sns";
import { paths } from "../router";
import { CliOf } from "../ui/Cli";
import { ListTable } from "../ui/ListTable";
import { notifyError } from "../ui/notices";

export default function TopicsPage() {
  const [name, setName] = useState("");
  const topics = useAsked(["topics"], async (abortSignal) => ((await sns().send(new ListTopicsCommand({}), { abortSignal })).Topics ?? []).map((t) => ({ arn: t.TopicArn!, name: t.TopicArn!.split(":").at(-1)! })), { changesWith: ["topics"] });
  const creation = () => new CreateTopicCommand({ Name: name });
  const create = () => void sns().send(creation()).then(() => (setName(""), refresh("topics")), (e: unknown) => notifyError("The topic was not created", e));
  return (
    <ListTable
      title="Topics" query={topics} trackBy={(t) => t.arn} fields={["name", "arn"]} empty={{ title: "No topics", text: "Create one: a topic hands each message to everybody who subscribed to it." }}
      actions={<SpaceBetween direction="horizontal" size="xs"><Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder="Name" ariaLabel="Name of the new topic" /><Button disabled={!name} onClick={create}>Create topic</Button><CliOf of={creation} /></SpaceBetween>}
      columns={[
        { id: "name", header: "Name", cell: (t) => <Link href={paths.topic(t.arn)}>{t.name}</Link>, sortingField: "name", isRowHeader: true },
        { id: "arn", header: "ARN", cell: (t) => <span className="mono">{t.arn}</span> },
      ]}
    />
  );
}
