// EventBridge rules of every bus.
import { ListEventBusesCommand, ListRulesCommand, type Rule } from "@aws-sdk/client-eventbridge";
import Badge from "@cloudscape-design/components/badge";
import Link from "@cloudscape-design/components/link";
import { events } from "../aws/events";
import { useAsked } from "../aws/queries";
import { paths } from "../router";
import { command, CopyCli } from "../ui/Cli";
import { ListTable } from "../ui/ListTable";
import { StatusBadge } from "../ui/Status";

async function list(abortSignal: AbortSignal): Promise<Rule[]> {
  const { EventBuses = [] } = await events().send(new ListEventBusesCommand({}), { abortSignal });
  const found: Rule[] = [];
  for (const bus of EventBuses) {
    let NextToken: string | undefined;
    do {
      const page = await events().send(new ListRulesCommand({ EventBusName: bus.Name, NextToken }), { abortSignal });
      found.push(...(page.Rules ?? []));
      NextToken = page.NextToken;
    } while (NextToken && found.length < 5_000);
  }
  return found;
}

export default function RulesPage() {
  const rules = useAsked(["rules"], list, { changesWith: ["rules"] });
  return (
    <ListTable
      title="EventBridge rules" query={rules} trackBy={(r) => r.Arn!} fields={["Name", "EventPattern", "Description", "EventBusName"]} actions={<CopyCli text={command("events", "list-rules", {})} />}
      empty={{ title: "No rules", text: "A rule takes the events that fit its pattern, or comes at its times, and tells its targets. Make one with aws events put-rule; those of .sync tasks are made when such a state machine is." }}
      columns={[
        { id: "name", header: "Name", cell: (r) => <><Link href={paths.rule(r.Name!, r.EventBusName)}>{r.Name}</Link> {r.ManagedBy && <Badge color="blue">Managed by {r.ManagedBy}</Badge>}</>, sortingField: "Name", isRowHeader: true },
        { id: "state", header: "State", minWidth: 130, cell: (r) => <StatusBadge status={r.State} />, sortingField: "State" },
        { id: "kind", header: "Type", minWidth: 150, cell: (r) => r.ScheduleExpression ?? "Event pattern" },
        { id: "bus", header: "Event bus", minWidth: 120, cell: (r) => r.EventBusName, sortingField: "EventBusName" },
        { id: "description", header: "Description", cell: (r) => r.Description ?? "-" },
      ]}
    />
  );
}
