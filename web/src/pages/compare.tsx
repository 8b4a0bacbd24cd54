// Two executions compared, state by state.
import { ListExecutionsCommand } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Link from "@cloudscape-design/components/link";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Toggle from "@cloudscape-design/components/toggle";
import { useMemo, useState } from "react";
import { pretty } from "../asl/template";
import { useAsked, useExecution } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { lines, pairs, type Pair } from "../history/diff";
import { build } from "../history/model";
import { useHistory } from "../history/useHistory";
import { go, paths, type Place } from "../router";
import { Failure, Page, Waiting } from "../ui/Page";
import { StatusBadge, VisitStatus } from "../ui/Status";
import { duration } from "../ui/time";

export default function ComparePage({ place }: { place: Place }) {
  const a = place.query.get("a") ?? "", b = place.query.get("b") ?? "";
  const machine = a.replace(":execution:", ":stateMachine:").replace(/:[^:]*$/, "");
  const list = useAsked(["compare", machine], async (abortSignal) => (await sfn().send(new ListExecutionsCommand({ stateMachineArn: machine, maxResults: 100 }), { abortSignal })).executions ?? [], { changesWith: [`executions:${machine}`], pause: 1_000 });
  const options = (list.data ?? []).filter((e) => e.executionArn !== a).map((e) => ({ value: e.executionArn!, label: e.name!, tags: [e.status!] }));
  return (
    <Page title="Compare executions">
      <SpaceBetween size="l">
        <Container>
          <Select inlineLabelText={`${a.split(":").at(-1)} with`} placeholder="Choose the other execution" options={options} selectedOption={options.find((o) => o.value === b) ?? null} filteringType="auto" filteringAriaLabel="Find an execution" filteringClearAriaLabel="Clear the search" empty="There is no other execution" onChange={({ detail }) => go(paths.compare(a, detail.selectedOption.value), "replace")} />
        </Container>
        {b && <Both a={a} b={b} />}
      </SpaceBetween>
    </Page>
  );
}

function Both({ a, b }: { a: string; b: string }) {
  const [all, setAll] = useState(false);
  const left = useHistory(a), right = useHistory(b);
  const first = useExecution(a), second = useExecution(b);
  const list = useMemo(() => (left.events.length && right.events.length ? pairs(build(left.events), build(right.events)) : []), [left.events, right.events]);
  const error = left.error ?? right.error ?? first.error ?? second.error;
  if (error) return <Failure error={error} what="The executions could not be read" />;
  if (left.loading || right.loading || !first.data || !second.data) return <Waiting />;
  const different = list.filter((p) => !p.same.status || !p.same.input || !p.same.output);
  return (
    <Container header={<Header variant="h2" counter={`(${different.length} of ${list.length} differ)`} actions={<Toggle checked={all} onChange={({ detail }) => setAll(detail.checked)}>Show those that are alike</Toggle>}>States</Header>}>
      <SpaceBetween size="s">
        <div className="split">
          <div><Link href={paths.execution(a)}>{first.data.name}</Link> <StatusBadge status={first.data.status} /></div>
          <div><Link href={paths.execution(b)}>{second.data.name}</Link> <StatusBadge status={second.data.status} /></div>
        </div>
        <Texts title="Input of the execution" left={first.data.input} right={second.data.input} />
        {(all ? list : different).map((p) => <State key={p.key} pair={p} />)}
        {different.length === 0 && <StatusIndicator type="success">Every state got and gave the same.</StatusIndicator>}
      </SpaceBetween>
    </Container>
  );
}

const spent = (visit: Pair["a"]) => (visit?.leftAt !== undefined ? duration(visit.leftAt - visit.enteredAt) : "-");

function State({ pair }: { pair: Pair }) {
  return (
    <ExpandableSection defaultExpanded={!pair.same.output || !pair.same.status} headerText={pair.name}>
      <SpaceBetween size="xs">
        <div className="split">
          <div>{pair.a ? <><VisitStatus status={pair.a.status} /> in {spent(pair.a)}</> : "Not entered"}</div>
          <div>{pair.b ? <><VisitStatus status={pair.b.status} /> in {spent(pair.b)}</> : "Not entered"}</div>
        </div>
        <Texts title="Input" left={pair.a?.input} right={pair.b?.input} />
        <Texts title="Output" left={pair.a?.output} right={pair.b?.output} />
        {(pair.a?.error ?? pair.b?.error) && <Texts title="Error" left={pair.a?.error} right={pair.b?.error} />}
      </SpaceBetween>
    </ExpandableSection>
  );
}

function Texts({ title, left, right }: { title: string; left?: string; right?: string }) {
  const found = useMemo(() => lines(pretty(left ?? ""), pretty(right ?? "")), [left, right]);
  if (found.every((l) => l.kind === "same")) return <Box variant="small" color="text-body-secondary">{title}: the same</Box>;
  return (
    <div>
      <Box variant="awsui-key-label">{title}</Box>
      <pre className="text-block" tabIndex={0} role="region" aria-label={title}>
        {found.map((l, i) => <span key={i} className={`diff-${l.kind}`}>{l.kind === "same" ? "  " : l.kind === "removed" ? "- " : "+ "}{l.text}{"\n"}</span>)}
      </pre>
    </div>
  );
}
