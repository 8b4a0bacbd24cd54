// A state machine: its executions, definition, versions and aliases, tags.
import { DescribeStateMachineCommand } from "@aws-sdk/client-sfn";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { parseDefinition, type Machine } from "../../asl/definition";
import { pretty } from "../../asl/template";
import { useMachine } from "../../aws/queries";
import { rangeOf, ranges } from "../../metrics/series";
import { go, href, paths, type Place } from "../../router";
import { Arn } from "../../ui/Arn";
import { copyCommand } from "../../ui/Cli";
import { download } from "../../ui/download";
import { useKeys } from "../../ui/keys";
import { Failure, Page, Waiting } from "../../ui/Page";
import { StatusBadge } from "../../ui/Status";
import { dateTime } from "../../ui/time";
import { DeleteMachines } from "./Delete";
import Executions from "./Executions";
import { ExpressExecutions, Logging, logGroupOf } from "./Logging";
import { Aliases, TagsOf, Versions } from "./Versions";

const Graph = lazy(() => import("../../graph/Graph"));
const MachineMetrics = lazy(() => import("../../metrics/MachineMetrics"));
const Rules = lazy(() => import("./Rules").then((m) => ({ default: m.Rules })));
const StateTimes = lazy(() => import("./StateTimes"));
const CodeEditor = lazy(() => import("../../editor/CodeEditor"));

/** Lays the picture out before anybody asks for it: the worker has nothing else to do. */
async function prepare(machine: Machine) {
  const [{ layOut }, { toGraph }] = await Promise.all([import("../../graph/layout"), import("../../asl/graph")]);
  await layOut(toGraph(machine), "DOWN");
}

export default function MachinePage({ place }: { place: Place }) {
  const arn = place.path[2];
  const machine = useMachine(arn);
  const definition = useMemo(() => (machine.data?.definition ? parseDefinition(machine.data.definition) : undefined), [machine.data?.definition]);
  const [removing, setRemoving] = useState(false);
  useKeys({ n: () => go(paths.start(arn)) });
  // Where it cannot be laid out, the picture itself says so.
  useEffect(() => void (definition && prepare(definition).catch(() => undefined)), [definition]);
  if (machine.error) return <Failure error={machine.error} what="The state machine could not be read" />;
  if (!machine.data) return <Waiting />;
  const m = machine.data;
  const act = (id: string) => {
    if (id === "export") download(`${m.name}.asl.json`, "application/json", pretty(m.definition ?? ""));
    else if (id === "cli") void copyCommand(new DescribeStateMachineCommand({ stateMachineArn: arn }));
    else if (id === "delete") setRemoving(true);
  };
  return (
    <Page
      title={m.name ?? arn}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <ButtonDropdown
            items={[{ id: "copy", text: "Copy to new", href: paths.edit("new", undefined, arn) }, { id: "export", text: "Export definition" }, { id: "cli", text: "Copy as AWS CLI: describe-state-machine" }, { id: "delete", text: "Delete" }]}
            onItemClick={({ detail }) => act(detail.id)}
          >
            Actions
          </ButtonDropdown>
          <Button href={paths.edit(arn)}>Edit</Button>
          <Button variant="primary" href={paths.start(arn)}>New execution</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Details</Header>}>
          <KeyValuePairs
            columns={3}
            items={[
              { label: "ARN", value: <Arn value={arn} /> },
              { label: "IAM role ARN", value: <Arn value={m.roleArn} what="Role ARN" /> },
              { label: "Status", value: <StatusBadge status={m.status} /> },
              { label: "Type", value: m.type === "EXPRESS" ? "Express" : "Standard" },
              { label: "Creation date", value: dateTime(m.creationDate) },
              { label: "Query language", value: definition?.QueryLanguage ?? "JSONPath" },
              { label: "Logging", value: logGroupOf(m) ? <>{m.loggingConfiguration?.level}, to <Link href={paths.logGroup(logGroupOf(m)!)}>{logGroupOf(m)}</Link></> : (m.loggingConfiguration?.level ?? "OFF") },
              { label: "X-Ray tracing", value: m.tracingConfiguration?.enabled ? "On" : "Off" },
              { label: "Revision", value: <span className="mono">{m.revisionId ?? "INITIAL"}</span> },
            ]}
          />
        </Container>
        <Tabs i18nStrings={{ scrollLeftAriaLabel: "Tabs before", scrollRightAriaLabel: "Further tabs" }}
          ariaLabel="State machine" activeTabId={place.query.get("tab") ?? "executions"} onChange={({ detail }) => go(paths.machine(arn, detail.activeTabId), "replace")}
          tabs={[
            { id: "executions", label: "Executions", content: m.type === "EXPRESS" ? <ExpressExecutions machine={m} /> : <Executions owner={{ stateMachineArn: arn }} /> },
            { id: "metrics", label: "Monitoring", content: <Monitoring arn={arn} place={place} machine={m.type === "EXPRESS" ? undefined : definition} /> },
            { id: "logging", label: "Logging", content: <Logging machine={m} /> },
            {
              id: "definition", label: "Definition",
              content: (
                <DefinitionOf text={m.definition ?? ""} machine={definition} name={m.name} />
              ),
            },
            { id: "aliases", label: "Aliases", content: <Aliases arn={arn} /> },
            { id: "versions", label: "Versions", content: <Versions arn={arn} /> },
            { id: "rules", label: "EventBridge rules", content: <Suspense fallback={<Waiting />}><Rules arn={arn} name={m.name ?? "machine"} /></Suspense> },
            { id: "tags", label: "Tags", content: <TagsOf arn={arn} /> },
          ]}
        />
      </SpaceBetween>
      <DeleteMachines machines={removing ? [m] : []} onClose={(deleted) => (setRemoving(false), deleted && go(paths.machines))} />
    </Page>
  );
}

/** The picture first: the editor, which nobody waits for, is made when that is drawn. */
function DefinitionOf({ text, machine, name }: { text: string; machine: Machine | undefined; name?: string }) {
  const [drawn, setDrawn] = useState(!machine);
  return (
    <div className="split">
      {drawn ? <Suspense fallback={<Waiting />}><CodeEditor value={pretty(text)} readOnly label="Definition" height={600} /></Suspense> : <div className="code-editor" style={{ height: 600 }}><Waiting /></div>}
      <Suspense fallback={<Waiting />}><Graph machine={machine} height={600} fileName={name} onDrawn={() => setDrawn(true)} /></Suspense>
    </div>
  );
}

function Monitoring({ arn, place, machine }: { arn: string; place: Place; machine: Machine | undefined }) {
  const range = rangeOf(place.query.get("range"));
  return (
    <SpaceBetween size="m">
      <SegmentedControl label="Range" selectedId={range.id} options={ranges.map((r) => ({ id: r.id, text: r.label }))} onChange={({ detail }) => go(href(["statemachines", "view", arn], { tab: "metrics", range: detail.selectedId }), "replace")} />
      <Suspense fallback={<Waiting />}><MachineMetrics arn={arn} range={range} /></Suspense>
      {machine && <Suspense fallback={<Waiting />}><StateTimes arn={arn} machine={machine} /></Suspense>}
    </SpaceBetween>
  );
}
