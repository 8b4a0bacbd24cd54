// Step details: what went into a state, what came out, how it is defined, and what it started elsewhere.
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs, { type TabsProps } from "@cloudscape-design/components/tabs";
import { lazy, Suspense, useMemo, useState } from "react";
import { serviceOf, type StateDefinition } from "../../asl/definition";
import { tone, type HistoryEvent } from "../../history/events";
import { linksOf } from "../../history/links";
import { isWithin, statusText, type Model, type Scope, type Visit } from "../../history/model";
import { tokenOf, waitsForToken } from "../../history/token";
import { paths } from "../../router";
import { JsonText } from "../../ui/JsonText";
import { Waiting } from "../../ui/Page";
import type { Facts, Language } from "../../history/stages";
import { VisitStatus } from "../../ui/Status";
import { clock, dateTime, duration } from "../../ui/time";
import Mend from "./Mend";

const Answer = lazy(() => import("./Answer"));
const Stages = lazy(() => import("./Stages"));
const ContainerOutput = lazy(() => import("./ContainerOutput"));
const MessageDeliveries = lazy(() => import("./MessageDeliveries"));

interface Props {
  model: Model;
  states: ReadonlyMap<string, StateDefinition>;
  selected?: string;
  visitId?: number;
  chosen: ReadonlyMap<string, Scope>;
  events: readonly HistoryEvent[];
  onSelect: (state: string | undefined, visit?: number) => void;
  onCopyLink?: () => void;
  /** The state machine that can be changed, where there is one. */
  machine?: string;
  /** The query language of the whole machine. */
  language?: string;
  facts: Facts;
  /** Whether what the history does not tell is asked of the server by itself. */
  computes: boolean;
}

export default function StepDetails({ model, states, selected, visitId, chosen, events, onSelect, onCopyLink, machine, language, facts, computes }: Props) {
  const [tab, setTab] = useState("input");
  const state = selected ? states.get(selected) : undefined;
  const visits = useMemo(() => (model.byName.get(selected ?? "") ?? []).filter((v) => [...chosen.values()].every((s) => !s.parent || !isInMap(v, s.parent.name) || isWithin(v, s))), [model, selected, chosen]);
  const visit = visits.find((v) => v.id === visitId) ?? visits.at(-1);
  const byId = useMemo(() => new Map(events.map((e) => [e.id, e])), [events]);
  if (!selected) {
    return (
      <Container header={<Header variant="h2">Step details</Header>}>
        <Box textAlign="center" color="text-body-secondary" padding={{ vertical: "xxl" }}>Select a state to see its input and output.</Box>
      </Container>
    );
  }
  const links = linksOf(visit);
  const service = state && serviceOf(state);
  const last = visit?.attempts.at(-1);
  const tabs: TabsProps.Tab[] = [
    { id: "input", label: "Input", content: <Input visit={visit} /> },
    { id: "output", label: "Output", content: <Output visit={visit} /> },
    ...(visit && state ? [{ id: "stages", label: "Advanced view", content: <Suspense fallback={<Waiting />}><Stages key={`${visit.id} ${visit.exited} ${visit.attempts.length}`} model={model} visit={visit} state={state} language={((state.QueryLanguage ?? language) === "JSONata" ? "JSONata" : "JSONPath") as Language} facts={facts} atOnce={computes} /></Suspense> }] : []),
    { id: "details", label: "Details", content: <Details visit={visit} state={state} model={model} /> },
  ];
  // The way on comes first for a state that waits for somebody.
  if (computes && visit?.status === "running" && last?.endedAt === undefined && waitsForToken(last?.resource)) tabs.splice(1, 0, { id: "answer", label: "Answer", content: <Suspense fallback={<Waiting />}><Answer key={visit.id} token={tokenOf(visit)} state={selected} /></Suspense> });
  if (links.ecsTask) tabs.push({ id: "container", label: "Container", content: <Suspense fallback={<Waiting />}><ContainerOutput task={links.ecsTask} /></Suspense> });
  if (links.message) tabs.push({ id: "message", label: "Message", content: <Suspense fallback={<Waiting />}><MessageDeliveries topicArn={links.message.topicArn} messageId={links.message.messageId} /></Suspense> });
  tabs.push({ id: "definition", label: "Definition", content: <JsonText value={state && JSON.stringify(state)} label={`Definition of ${selected}`} name={selected} /> });
  if (visit && visit.attempts.length > 1) tabs.push({ id: "retry", label: "Retry", content: <Attempts visit={visit} /> });
  tabs.push({ id: "events", label: "Events", content: <Events visit={visit} byId={byId} start={model.startedAt} /> });
  return (
    <Container
      header={
        <Header variant="h2" description={service ? `${service.title}: ${service.action}${service.pattern ? ` (${service.pattern})` : ""}` : state?.Type ? `${state.Type} state` : undefined} actions={<SpaceBetween direction="horizontal" size="xs" alignItems="center"><VisitStatus status={visit?.status} />{onCopyLink && <Button variant="icon" iconName="share" ariaLabel="Copy the link to this state" nativeButtonAttributes={{ title: "Copy the link to this state" }} onClick={onCopyLink} />}</SpaceBetween>}>
          <span dir="auto" style={{ overflowWrap: "anywhere" }}>{selected}</span>
        </Header>
      }
      data-testid="step-details"
    >
      <SpaceBetween size="s">
        {visits.length > 1 && (
          <Select
            inlineLabelText="Visit" virtualScroll selectedOption={{ value: String(visit!.id), label: visitLabel(visit!, visits) }} onChange={({ detail }) => onSelect(selected, Number(detail.selectedOption.value))}
            options={visits.map((v) => ({ value: String(v.id), label: visitLabel(v, visits) }))}
          />
        )}
        {visit?.error !== undefined && (
          <Alert type={visit.status === "caught" ? "warning" : "error"} header={visit.error || "An error without a name"}>
            <Cause text={visit.cause} />
            <Mend error={visit.error} cause={visit.cause} machine={machine} />
          </Alert>
        )}
        {last?.resource && visit?.status === "running" && links.ecsTask && <Box variant="small">Runs as <Link href={paths.task(links.ecsTask.cluster, links.ecsTask.id)}>{links.ecsTask.id}</Link></Box>}
        <div className="step-details"><Tabs i18nStrings={{ scrollLeftAriaLabel: "Tabs before", scrollRightAriaLabel: "Further tabs" }} tabs={tabs} activeTabId={tabs.some((t) => t.id === tab) ? tab : "input"} onChange={({ detail }) => setTab(detail.activeTabId)} ariaLabel="Step details" /></div>
      </SpaceBetween>
    </Container>
  );
}

const isInMap = (visit: Visit, map: string): boolean => {
  for (let s: Scope | undefined = visit.scope; s; s = s.parent?.scope) if (s.parent?.name === map) return true;
  return false;
};

function visitLabel(visit: Visit, all: Visit[]): string {
  const iterations: string[] = [];
  for (let s: Scope | undefined = visit.scope; s; s = s.parent?.scope) if (s.parent?.type === "Map") iterations.unshift(`#${s.index}`);
  return `${iterations.length ? iterations.join(" / ") : `${all.indexOf(visit) + 1} of ${all.length}`}: ${statusText[visit.status]}`;
}

/** A cause is often JSON: then it is folded away behind its first words. */
function Cause({ text }: { text?: string }) {
  if (!text) return null;
  if (!/^\s*[{[]/.test(text)) return <span dir="auto" style={{ overflowWrap: "anywhere" }}>{text}</span>;
  return <ExpandableSection headerText="Cause"><JsonText value={text} label="Cause" name="cause" /></ExpandableSection>;
}

function Input({ visit }: { visit?: Visit }) {
  const last = visit?.attempts.at(-1);
  if (!visit) return <Box color="text-body-secondary">This state was not entered.</Box>;
  return (
    <SpaceBetween size="s">
      <div><Box variant="awsui-key-label">State input</Box><JsonText value={visit.input} label="Input" name={`${visit.name}-input`} /></div>
      {last?.parameters !== undefined && (
        <ExpandableSection headerText="Task input, after Parameters or Arguments"><JsonText value={last.parameters} label="Task parameters" name={`${visit.name}-parameters`} /></ExpandableSection>
      )}
    </SpaceBetween>
  );
}

function Output({ visit }: { visit?: Visit }) {
  const last = visit?.attempts.at(-1);
  if (!visit) return <Box color="text-body-secondary">This state was not entered.</Box>;
  return (
    <SpaceBetween size="s">
      <div>
        <Box variant="awsui-key-label">State output</Box>
        {visit.output === undefined ? <Box color="text-body-secondary">{visit.status === "running" ? "No output yet: the state is running." : "The state ended without output."}</Box> : <JsonText value={visit.output} label="Output" name={`${visit.name}-output`} />}
      </div>
      {visit.assigned && <div><Box variant="awsui-key-label">Variables assigned</Box><JsonText value={JSON.stringify(visit.assigned)} label="Variables" name={`${visit.name}-variables`} /></div>}
      {last?.submitted !== undefined && <ExpandableSection headerText="Response to the call"><JsonText value={last.submitted} label="Answer to the call" name={`${visit.name}-submitted`} /></ExpandableSection>}
      {last?.result !== undefined && <ExpandableSection headerText="Task result"><JsonText value={last.result} label="Task result" name={`${visit.name}-result`} /></ExpandableSection>}
    </SpaceBetween>
  );
}

function Details({ visit, state, model }: { visit?: Visit; state?: StateDefinition; model: Model }) {
  const links = linksOf(visit);
  const last = visit?.attempts.at(-1);
  return (
    <KeyValuePairs
      columns={2}
      items={[
        { label: "Type", value: state?.Type ?? "-" },
        { label: "Status", value: <VisitStatus status={visit?.status} /> },
        { label: "Resource", value: <span className="mono">{last?.resource ?? (typeof state?.Resource === "string" ? state.Resource : "-")}</span> },
        { label: "Started", value: visit ? dateTime(visit.enteredAt, true) : "-" },
        { label: "Started after", value: visit ? clock(visit.enteredAt - model.startedAt) : "-" },
        { label: "Ended", value: visit?.leftAt ? dateTime(visit.leftAt, true) : "-" },
        { label: "Duration", value: visit?.leftAt ? duration(visit.leftAt - visit.enteredAt) : "-" },
        { label: "Retries", value: visit ? Math.max(0, visit.attempts.length - 1) : "-" },
        ...(links.ecsTask ? [{ label: "ECS task", value: <Link href={paths.task(links.ecsTask.cluster, links.ecsTask.id)}>{links.ecsTask.id}</Link> }, { label: "Cluster", value: <Link href={paths.cluster(links.ecsTask.cluster)}>{links.ecsTask.cluster}</Link> }] : []),
        ...(links.message ? [{ label: "Topic", value: <Link href={paths.topic(links.message.topicArn)}>{links.message.topicArn.split(":").at(-1)}</Link> }] : []),
        ...(links.queue ? [{ label: "Queue", value: <Link href={paths.queue(links.queue.url)}>{links.queue.url.split("/").at(-1)}</Link> }] : []),
        ...(links.execution ? [{ label: "Execution", value: <Link href={paths.execution(links.execution)}>{links.execution.split(":").at(-1)}</Link> }] : []),
        ...(visit?.mapRunArn ? [{ label: "Map Run", value: <Link href={paths.mapRun(visit.mapRunArn)}>{visit.mapRunArn.split(":").at(-1)}</Link> }] : []),
      ]}
    />
  );
}

function Attempts({ visit }: { visit: Visit }) {
  return (
    <ol>
      {visit.attempts.map((a, i) => {
        const before = visit.attempts[i - 1]?.endedAt;
        return (
          <li key={i}>
            <VisitStatus status={a.status} /> {a.error} after {duration((a.endedAt ?? a.scheduledAt) - a.scheduledAt)}
            {before !== undefined && <Box variant="small" color="text-body-secondary"> (paused {duration(a.scheduledAt - before)} before it)</Box>}
          </li>
        );
      })}
    </ol>
  );
}

function Events({ visit, byId, start }: { visit?: Visit; byId: ReadonlyMap<number, HistoryEvent>; start: number }) {
  if (!visit) return <Box color="text-body-secondary">This state has no events.</Box>;
  return (
    <SpaceBetween size="xxs">
      {visit.events.slice(0, 200).map((id) => {
        const event = byId.get(id);
        if (!event) return null;
        return (
          <ExpandableSection key={id} variant="footer" headerText={<><span className={`tone tone-${tone(event.type)}`} aria-hidden="true" />{id}. {event.type} <Box variant="small" color="text-body-secondary">{clock(event.timestamp - start)}</Box></>}>
            <JsonText value={JSON.stringify(event.details)} label={`Event ${id}`} name={`event-${id}`} />
          </ExpandableSection>
        );
      })}
      {visit.events.length > 200 && <Box variant="small">The rest is under Events below.</Box>}
    </SpaceBetween>
  );
}
