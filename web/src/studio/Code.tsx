// The code mode: the text, what the server says is wrong with it, and the picture beside it.
import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { lazy, Suspense, useDeferredValue, useMemo } from "react";
import { parseDefinition } from "../asl/definition";
import { locate } from "../asl/positions";
import type { Diagnostic } from "../editor/CodeEditor";
import { Failure, Waiting } from "../ui/Page";
import type { Diagnosed } from "./diagnostics";
import { stateAt } from "./findings";

const Graph = lazy(() => import("../graph/Graph"));
const CodeEditor = lazy(() => import("../editor/CodeEditor"));
const TestState = lazy(() => import("../pages/TestState"));

interface Props {
  text: string;
  onChange: (text: string) => void;
  name: string;
  roleArn: string;
  diagnostics: Diagnosed;
  selected: string | undefined;
  onSelect: (name: string | undefined) => void;
}

export default function Code({ text, onChange, name, roleArn, diagnostics, selected, onSelect }: Props) {
  const shown = useDeferredValue(text);
  const machine = useMemo(() => parseDefinition(shown), [shown]);
  const marks = useMemo<Diagnostic[]>(() => diagnostics.found.map((d) => ({ ...locate(diagnostics.asked, d.location, d.message), severity: d.severity === "ERROR" ? "error" : "warning", message: `${d.code}: ${d.message}` })), [diagnostics]);
  const problems = useMemo(() => new Set(diagnostics.found.flatMap((d) => stateAt(d.location) ?? [])), [diagnostics]);
  const errors = diagnostics.found.filter((d) => d.severity === "ERROR");
  return (
    <div className="split">
      <SpaceBetween size="s">
        <Suspense fallback={<Waiting />}><CodeEditor value={text} onChange={onChange} label="Definition" height={620} diagnostics={marks} asl /></Suspense>
        {diagnostics.error !== undefined && <Failure error={diagnostics.error} what="The definition could not be checked" />}
        {diagnostics.asked === text && diagnostics.found.length === 0 && diagnostics.error === undefined && <StatusIndicator type="success">The server finds nothing wrong with it</StatusIndicator>}
        {diagnostics.found.length > 0 && (
          <Alert type={errors.length > 0 ? "error" : "warning"} header={errors.length > 0 ? `${errors.length} ${errors.length === 1 ? "error" : "errors"}` : "Warnings"}>
            <ul>{diagnostics.found.slice(0, 20).map((d, i) => <li key={i}><b>{d.code}</b>: {d.message} {d.location && <span className="mono">{d.location}</span>}</li>)}</ul>
          </Alert>
        )}
      </SpaceBetween>
      <SpaceBetween size="s">
        <Suspense fallback={<Waiting />}><Graph machine={machine} height={620} fileName={name} selected={selected} onSelect={onSelect} problems={problems} /></Suspense>
        {selected && machine && (
          <Container header={<Header variant="h2">Test {selected}</Header>}>
            <Suspense fallback={<Waiting />}><TestState key={selected} machine={machine} state={selected} roleArn={roleArn} /></Suspense>
          </Container>
        )}
      </SpaceBetween>
    </div>
  );
}
