// What a state machine writes to its log group; and, of an Express one, its executions as they stand there.
import type { DescribeStateMachineOutput } from "@aws-sdk/client-sfn";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo } from "react";
import { tailOf, type Tail } from "../../aws/logLines";
import { useAsked } from "../../aws/queries";
import { fromLog } from "../../history/fromLog";
import { paths } from "../../router";
import { ListTable } from "../../ui/ListTable";
import { Failure, Nothing } from "../../ui/Page";
import { StatusBadge } from "../../ui/Status";
import { dateTime, duration } from "../../ui/time";
import { LogLines } from "../execution/ContainerOutput";

type Machine = Pick<DescribeStateMachineOutput, "loggingConfiguration" | "stateMachineArn">;

/** "arn:aws:logs:us-east-1:0:log-group:/aws/x:*": "/aws/x". */
export const logGroupOf = (machine: Machine) => machine.loggingConfiguration?.destinations?.[0]?.cloudWatchLogsLogGroup?.logGroupArn?.split(":log-group:")[1]?.replace(/:\*$/, "");

const executions = "?ExecutionStarted ?ExecutionSucceeded ?ExecutionFailed ?ExecutionTimedOut ?ExecutionAborted";

export function Logging({ machine }: { machine: Machine }) {
  const group = logGroupOf(machine), logging = machine.loggingConfiguration;
  const lines = useAsked<Tail>(["machine-log", group], (signal, before) => tailOf({ group: group! }, signal, before), { enabled: group !== undefined, changesWith: [`log-events:${group}`] });
  return (
    <Container header={<Header variant="h2" actions={<Button href={paths.edit(machine.stateMachineArn!, "config")}>Edit</Button>}>Logging</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs columns={3} items={[
          { label: "Log level", value: logging?.level ?? "OFF" }, { label: "Include execution data", value: logging?.includeExecutionData ? "Yes" : "No" },
          { label: "CloudWatch log group", value: group ? <Link href={paths.logGroup(group)}>{group}</Link> : "-" },
        ]} />
        {lines.error && <Failure error={lines.error} what="The log could not be read" />}
        {!group && <Nothing title="Logging is off" text="With it, what executions do is written to a log group of CloudWatch." />}
        {lines.data && (lines.data.lines.length ? <LogLines lines={lines.data.lines} label={`Events of ${group}`} /> : <Nothing title="No log events" text="Nothing was logged yet." />)}
      </SpaceBetween>
    </Container>
  );
}

export function ExpressExecutions({ machine }: { machine: Machine }) {
  const group = logGroupOf(machine);
  const tail = useAsked<Tail>(["express", group], (signal, before) => tailOf({ group: group!, pattern: executions }, signal, before), { enabled: group !== undefined, changesWith: [`log-events:${group}`] });
  const data = useMemo(() => tail.data && fromLog(tail.data.lines.map((line) => line.text), machine.stateMachineArn!), [tail.data, machine.stateMachineArn]);
  const found = { data, error: tail.error, isLoading: tail.isLoading };
  if (!group)
    return <Alert type="info" header="Express executions are listed from their log" action={<Button href={paths.edit(machine.stateMachineArn!, "config")}>Turn on logging</Button>}>They are kept nowhere else: log them to a log group, or start one to see its answer.</Alert>;
  return (
    <ListTable
      title="Executions" variant="container" query={found} trackBy={(e) => e.arn} fields={["id", "status", "error"]} description={<>As they stand in <Link href={paths.logGroup(group)}>{group}</Link>.</>} sortBy={{ sortingField: "startedAt" }} descending
      actions={<Button variant="primary" href={paths.start(machine.stateMachineArn!)}>New execution</Button>}
      empty={{ title: "No executions", text: "None was logged yet. What is logged depends on the log level." }}
      columns={[
        { id: "id", header: "Execution", cell: (e) => <Link href={paths.logGroup(group, undefined, e.arn)}>{e.id}</Link>, isRowHeader: true, minWidth: 220 },
        { id: "status", header: "Status", cell: (e) => <StatusBadge status={e.status} />, sortingField: "status", minWidth: 130 },
        { id: "start", header: "Started", cell: (e) => dateTime(e.startedAt, true), sortingField: "startedAt", minWidth: 200 },
        { id: "end", header: "Ended", cell: (e) => dateTime(e.endedAt, true), minWidth: 200 },
        { id: "duration", header: "Duration", cell: (e) => (e.startedAt !== undefined && e.endedAt !== undefined ? duration(e.endedAt - e.startedAt) : "-"), minWidth: 110 },
        { id: "error", header: "Error", cell: (e) => e.error ?? "-", minWidth: 120 },
      ]}
    />
  );
}
