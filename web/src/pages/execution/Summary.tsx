// The facts of an execution, its input and output, its definition.
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Tabs from "@cloudscape-design/components/tabs";
import { lazy, Suspense, useEffect, useState } from "react";
import { pretty } from "../../asl/template";
import type { HistoryEvent } from "../../history/events";
import { paths } from "../../router";
import { JsonText } from "../../ui/JsonText";
import { Waiting } from "../../ui/Page";
import { StatusBadge } from "../../ui/Status";
import { dateTime, duration } from "../../ui/time";

const CodeEditor = lazy(() => import("../../editor/CodeEditor"));

/** The time now, four times a second while something runs. */
export function useNow(running: boolean, everyMs = 250): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [running, everyMs]);
  return now;
}

/** Whether what happens is told to this page as it happens. */
function Live({ live }: { live: boolean }) {
  const [was, setWas] = useState(live);
  useEffect(() => void (live && setWas(true)), [live]);
  return <StatusIndicator type={live ? "success" : was ? "warning" : "loading"}>{live ? "Live" : was ? "The connection is lost; it is tried again" : "Connecting"}</StatusIndicator>;
}

/** The execution whose task started this one: AWS's own way is that the task tells it in the input. */
function parentOf(input: string | undefined): string | undefined {
  const found = /"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"\s*:\s*"(arn:[^"\\]+:execution:[^"\\]+)"/.exec(input ?? "");
  return found?.[1];
}

export default function Summary({ execution: e, definition, events, live }: { execution: DescribeExecutionOutput; definition?: string; events: readonly HistoryEvent[]; live: boolean }) {
  const running = e.status === "RUNNING";
  const now = useNow(running);
  const start = e.startDate ? new Date(e.startDate).getTime() : 0;
  const stop = e.stopDate ? new Date(e.stopDate).getTime() : undefined;
  const transitions = events.reduce((n, event) => n + (event.type.endsWith("StateEntered") ? 1 : 0), 0);
  return (
    <Container disableContentPaddings>
      <Tabs i18nStrings={{ scrollLeftAriaLabel: "Tabs before", scrollRightAriaLabel: "Further tabs" }}
        ariaLabel="Summary"
        tabs={[
          {
            id: "details", label: "Details",
            content: (
              <div style={{ padding: "0 20px 4px" }}>
                <KeyValuePairs
                  columns={4}
                  items={[
                    { label: "Execution status", value: <StatusBadge status={e.status} /> },
                    { label: "Execution type", value: "Standard" },
                    { label: "Start time", value: dateTime(e.startDate, true) },
                    { label: "End time", value: stop ? dateTime(stop, true) : "-" },
                    { label: "Duration", value: duration((stop ?? now) - start) },
                    { label: "State transitions", value: (transitions + (stop && e.status === "SUCCEEDED" ? 1 : 0)).toLocaleString("en") },
                    { label: "Events", value: `${events.length.toLocaleString("en")} of at most 25,000` },
                    { label: "Redrive count", value: e.redriveCount ? `${e.redriveCount}, last at ${dateTime(e.redriveDate)}` : "0" },
                    ...(e.mapRunArn ? [{ label: "Map Run", value: <Link href={paths.mapRun(e.mapRunArn)}>{e.mapRunArn.split(":").at(-1)}</Link> }] : []),
                    ...(parentOf(e.input) ? [{ label: "Started by", value: <Link href={paths.execution(parentOf(e.input)!)}>{parentOf(e.input)!.split(":").at(-1)}</Link> }] : []),
                    ...(e.stateMachineVersionArn || e.stateMachineAliasArn ? [{ label: "Version or alias", value: <span className="mono">{(e.stateMachineAliasArn ?? e.stateMachineVersionArn)!.split(":").at(-1)}</span> }] : []),
                    ...(running ? [{ label: "This page", value: <Live live={live} /> }] : []),
                  ]}
                />
              </div>
            ),
          },
          {
            id: "data", label: "Execution input and output",
            content: (
              <div className="split" style={{ padding: "0 20px 4px" }}>
                <div><h3>Input</h3><JsonText value={e.input} label="Execution input" name={`${e.name}-input`} /></div>
                <div><h3>Output</h3><JsonText value={e.output} label="Execution output" name={`${e.name}-output`} /></div>
              </div>
            ),
          },
          {
            id: "definition", label: "Definition",
            content: <div style={{ padding: "0 20px 4px" }}><Suspense fallback={<Waiting />}><CodeEditor value={pretty(definition ?? "")} readOnly label="Definition of this execution" height={420} /></Suspense></div>,
          },
        ]}
      />
    </Container>
  );
}
