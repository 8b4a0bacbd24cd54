// Log groups.
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import Link from "@cloudscape-design/components/link";
import { logs } from "../aws/logs";
import { useAsked } from "../aws/queries";
import { paths } from "../router";
import { ListTable } from "../ui/ListTable";
import { dateTime } from "../ui/time";

export default function LogGroupsPage() {
  const groups = useAsked(["log-groups"], async (abortSignal) => (await logs().send(new DescribeLogGroupsCommand({ limit: 50 }), { abortSignal })).logGroups ?? [], { changesWith: ["log-groups"], pause: 1_000 });
  return (
    <ListTable
      title="Log groups" query={groups} trackBy={(g) => g.arn ?? g.logGroupName!} fields={["logGroupName"]} empty={{ title: "No log groups", text: "Give a container the log driver awslogs, or turn on a state machine's logging (Edit, Config): what they write is here then." }}
      columns={[
        { id: "name", header: "Log group", cell: (g) => <Link href={paths.logGroup(g.logGroupName!)}>{g.logGroupName}</Link>, sortingField: "logGroupName", isRowHeader: true },
        { id: "retention", header: "Retention", cell: (g) => (g.retentionInDays ? `${g.retentionInDays} days` : "Never expires") },
        { id: "bytes", header: "Stored bytes", cell: (g) => g.storedBytes?.toLocaleString("en") ?? "-" },
        { id: "created", header: "Creation time", minWidth: 180, cell: (g) => dateTime(g.creationTime) },
      ]}
    />
  );
}
