// A rule: its pattern or times, its targets; whether an event would fit is tried out here.
import { DescribeRuleCommand, DisableRuleCommand, EnableRuleCommand, ListTargetsByRuleCommand, TestEventPatternCommand } from "@aws-sdk/client-eventbridge";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { lazy, Suspense, useState } from "react";
import { checkJson } from "../asl/names";
import { events } from "../aws/events";
import { refresh, useAsked, useServer } from "../aws/queries";
import { session } from "../aws/session";
import { paths, type Place } from "../router";
import { CliOf, command, CopyCli } from "../ui/Cli";
import { Arn } from "../ui/Arn";
import { JsonText } from "../ui/JsonText";
import { ListTable } from "../ui/ListTable";
import { notifyError } from "../ui/notices";
import { Failure, Page, Waiting } from "../ui/Page";
import { StatusBadge } from "../ui/Status";

const CodeEditor = lazy(() => import("../editor/CodeEditor"));

/** Where a target is shown in this console. */
function TargetLink({ arn }: { arn: string }) {
  const to = /:stateMachine:/.test(arn) ? paths.machine(arn) : /^arn:[^:]+:sns:/.test(arn) ? paths.topic(arn) : /:log-group:/.test(arn) ? paths.logGroup(arn.split(":log-group:")[1].replace(/:\*$/, "")) : undefined;
  return to ? <Link href={to}>{arn}</Link> : <span className="mono">{arn}</span>;
}

export default function RulePage({ place }: { place: Place }) {
  const name = place.path[1], bus = place.query.get("bus") ?? "default";
  const rule = useAsked(["rule", bus, name], (abortSignal) => events().send(new DescribeRuleCommand({ Name: name, EventBusName: bus }), { abortSignal }), { changesWith: [`rule:${bus}/${name}`] });
  const targets = useAsked(["rule-targets", bus, name], async (abortSignal) => (await events().send(new ListTargetsByRuleCommand({ Rule: name, EventBusName: bus }), { abortSignal })).Targets ?? [], { changesWith: [`rule:${bus}/${name}`] });
  if (rule.error) return <Failure error={rule.error} what="The rule could not be read" />;
  if (!rule.data) return <Waiting />;
  const r = rule.data;
  const enabled = r.State !== "DISABLED";
  const turning = () => (enabled ? new DisableRuleCommand({ Name: name, EventBusName: bus }) : new EnableRuleCommand({ Name: name, EventBusName: bus }));
  const turn = () => void events().send(turning()).then(() => refresh("rule", bus, name), (e: unknown) => notifyError("The rule was not changed", e));
  return (
    <Page title={name} actions={<SpaceBetween direction="horizontal" size="xs"><CopyCli text={command("events", "describe-rule", { name, "event-bus-name": bus })} /><Button disabled={r.ManagedBy !== undefined} onClick={turn}>{enabled ? "Disable" : "Enable"}</Button><CliOf of={turning} /></SpaceBetween>}>
      <SpaceBetween size="l">
        {r.ManagedBy && <Alert type="info" header="A managed rule">{r.ManagedBy} made it for tasks that are waited for (.sync), and keeps it. It is changed by nobody else.</Alert>}
        <Container header={<Header variant="h2">Details</Header>}>
          <KeyValuePairs columns={3} items={[
            { label: "State", value: <StatusBadge status={r.State} /> }, { label: "Event bus", value: r.EventBusName ?? bus }, { label: "ARN", value: <Arn value={r.Arn} /> },
            { label: "Description", value: r.Description || "-" }, { label: "Schedule", value: r.ScheduleExpression ?? "-" }, { label: "Managed by", value: r.ManagedBy ?? "-" },
          ]} />
        </Container>
        <ListTable
          title="Targets" variant="container" query={targets} trackBy={(t) => t.Id!} fields={["Id", "Arn"]} empty={{ title: "No targets", text: "What fits the rule is told to nobody. Name a target with aws events put-targets." }}
          columns={[
            { id: "id", header: "ID", cell: (t) => t.Id, isRowHeader: true },
            { id: "arn", header: "Target", cell: (t) => <TargetLink arn={t.Arn!} /> },
            { id: "input", header: "Input", cell: (t) => (t.Input ? <span className="mono">{t.Input}</span> : t.InputPath ? `The event's ${t.InputPath}` : t.InputTransformer ? <span className="mono">{t.InputTransformer.InputTemplate}</span> : "The event") },
            { id: "role", header: "Role", cell: (t) => (t.RoleArn ? <span className="mono">{t.RoleArn}</span> : "-") },
          ]}
        />
        {r.EventPattern && <Pattern pattern={r.EventPattern} />}
      </SpaceBetween>
    </Page>
  );
}

function Pattern({ pattern }: { pattern: string }) {
  const server = useServer();
  const account = server.data?.account ?? "000000000000", { region } = session();
  const [event, setEvent] = useState(() => JSON.stringify({ version: "0", id: "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "ECS Task State Change", source: "aws.ecs", account, time: "2026-01-01T00:00:00Z", region, resources: [], detail: { lastStatus: "STOPPED" } }, null, 2));
  const [answer, setAnswer] = useState<boolean>();
  const [failure, setFailure] = useState<unknown>();
  const bad = checkJson(event);
  const question = () => new TestEventPatternCommand({ EventPattern: pattern, Event: event });
  const ask = async () => {
    setAnswer(undefined);
    setFailure(undefined);
    try {
      setAnswer((await events().send(question())).Result ?? false);
    } catch (error) {
      setFailure(error);
    }
  };
  return (
    <div className="split">
      <Container header={<Header variant="h2">Event pattern</Header>}><JsonText value={pattern} label="Event pattern" name="pattern" /></Container>
      <Container header={<Header variant="h2" actions={<SpaceBetween direction="horizontal" size="xs"><Button disabled={Boolean(bad)} onClick={() => void ask()}>Test pattern</Button><CliOf of={question} /></SpaceBetween>} description="Nothing is sent: the pattern is only asked.">Would this event fit?</Header>}>
        <SpaceBetween size="s">
          <FormField label="Event" errorText={bad} stretch><Suspense fallback={<Waiting />}><CodeEditor value={event} onChange={(e) => (setEvent(e), setAnswer(undefined))} label="Event to test" height={240} /></Suspense></FormField>
          {answer !== undefined && <StatusIndicator type={answer ? "success" : "stopped"}>{answer ? "The event fits the pattern" : "The event does not fit"}</StatusIndicator>}
          {failure !== undefined && <Failure error={failure} what="The pattern was not tested" />}
        </SpaceBetween>
      </Container>
    </div>
  );
}
