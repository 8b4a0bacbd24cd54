// The definition editor: the text, what the server says is wrong with it, and the picture beside it.
import { CreateStateMachineCommand, UpdateStateMachineCommand, ValidateStateMachineDefinitionCommand, type ValidateStateMachineDefinitionDiagnostic } from "@aws-sdk/client-sfn";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { lazy, Suspense, useDeferredValue, useEffect, useMemo, useState } from "react";
import { parseDefinition } from "../asl/definition";
import { checkJson, checkName } from "../asl/names";
import { locate } from "../asl/positions";
import { pretty } from "../asl/template";
import { iam } from "../aws/iam";
import { refresh, useMachine } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { go, paths, type Place } from "../router";
import { notify, notifyError } from "../ui/notices";
import { Failure, Page, Waiting } from "../ui/Page";
import type { Diagnostic } from "../editor/CodeEditor";

const Graph = lazy(() => import("../graph/Graph"));
const CodeEditor = lazy(() => import("../editor/CodeEditor"));
const TestState = lazy(() => import("./TestState"));

const beginning = JSON.stringify({ Comment: "A description of my state machine", StartAt: "Hello", States: { Hello: { Type: "Pass", Result: "Hello", Next: "World" }, World: { Type: "Pass", Result: "World", End: true } } }, null, 2);
const types = [{ value: "STANDARD", label: "Standard" }, { value: "EXPRESS", label: "Express" }];

export default function EditPage({ place }: { place: Place }) {
  const arn = place.path[2] === "new" ? "" : place.path[2];
  const machine = useMachine(arn);
  if (machine.error) return <Failure error={machine.error} what="The state machine could not be read" />;
  if (arn && !machine.data) return <Waiting />;
  return <Editor arn={arn} name={machine.data?.name ?? ""} definition={machine.data?.definition ? pretty(machine.data.definition) : beginning} role={machine.data?.roleArn ?? ""} type={machine.data?.type ?? "STANDARD"} />;
}

/** What the server says of a definition, asked when the typing pauses. */
function useDiagnostics(text: string, type: string): { found: ValidateStateMachineDefinitionDiagnostic[]; asked: string; error?: unknown } {
  const [state, setState] = useState<{ found: ValidateStateMachineDefinitionDiagnostic[]; asked: string; error?: unknown }>({ found: [], asked: "" });
  useEffect(() => {
    const control = new AbortController();
    const timer = setTimeout(() => {
      sfn().send(new ValidateStateMachineDefinitionCommand({ definition: text, type: type as never, severity: "WARNING" }), { abortSignal: control.signal }).then(
        (answer) => setState({ found: answer.diagnostics ?? [], asked: text }),
        (error: unknown) => !control.signal.aborted && setState({ found: [], asked: text, error }),
      );
    }, 350);
    return () => (clearTimeout(timer), control.abort());
  }, [text, type]);
  return state;
}

function Editor({ arn, name: given, definition, role, type: givenType }: { arn: string; name: string; definition: string; role: string; type: string }) {
  const [text, setText] = useState(definition);
  const [name, setName] = useState(given || "MyStateMachine");
  const [roleArn, setRoleArn] = useState(role);
  const [type, setType] = useState(givenType);
  const [selected, setSelected] = useState<string>();
  const [busy, setBusy] = useState(false);
  const shown = useDeferredValue(text);
  const machine = useMemo(() => parseDefinition(shown), [shown]);
  const diagnostics = useDiagnostics(text, type);
  const broken = checkJson(text);
  const marks = useMemo<Diagnostic[]>(() => diagnostics.found.map((d) => ({ ...locate(diagnostics.asked, d.location, d.message), severity: d.severity === "ERROR" ? "error" : "warning", message: `${d.code}: ${d.message}` })), [diagnostics]);
  const problems = useMemo(() => new Set(diagnostics.found.flatMap((d) => /States\/([^/]+)/g.exec(d.location ?? "")?.[1] ?? [])), [diagnostics]);
  const errors = diagnostics.found.filter((d) => d.severity === "ERROR");
  const findings = checkName(name);

  const save = async () => {
    setBusy(true);
    try {
      if (arn) {
        await sfn().send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition: text, roleArn: roleArn === role ? undefined : roleArn }));
        notify("success", "The state machine was updated. Executions that run go on with what they started with.");
        void refresh("machine", arn);
        go(paths.machine(arn, "definition"));
      } else {
        const made = await sfn().send(new CreateStateMachineCommand({ name, definition: text, roleArn: roleArn || (await newRole(name)), type: type as never }));
        go(paths.machine(made.stateMachineArn!));
      }
    } catch (error) {
      notifyError("The state machine was not saved", error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Page
      title={arn ? `Edit ${given}` : "Create state machine"}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button href={arn ? paths.machine(arn) : paths.machines} variant="link">Cancel</Button>
          <Button onClick={() => !broken && setText(pretty(text))}>Format</Button>
          <Button variant="primary" loading={busy} disabled={Boolean(broken || errors.length > 0 || findings.error || (!arn && !name))} onClick={() => void save()}>{arn ? "Save" : "Create"}</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        <Container>
          <div style={{ display: "grid", gridTemplateColumns: "1fr 160px 2fr", gap: 16 }}>
            <FormField label="Name" errorText={findings.error} warningText={findings.warning}><Input value={name} disabled={Boolean(arn)} onChange={({ detail }) => setName(detail.value)} spellcheck={false} /></FormField>
            <FormField label="Type"><Select options={types} disabled={Boolean(arn)} selectedOption={types.find((t) => t.value === type)!} onChange={({ detail }) => setType(detail.selectedOption.value!)} /></FormField>
            <FormField label={<>IAM role ARN {!arn && <i>- optional</i>}</>} constraintText={arn ? undefined : "Without one, a role that Step Functions may assume is made."}><Input value={roleArn} onChange={({ detail }) => setRoleArn(detail.value)} placeholder="arn:aws:iam::000000000000:role/name" spellcheck={false} /></FormField>
          </div>
        </Container>
        <div className="split">
          <SpaceBetween size="s">
            <Suspense fallback={<Waiting />}><CodeEditor value={text} onChange={setText} label="Definition" height={620} diagnostics={marks} asl /></Suspense>
            {diagnostics.error !== undefined && <Failure error={diagnostics.error} what="The definition could not be checked" />}
            {diagnostics.asked === text && diagnostics.found.length === 0 && diagnostics.error === undefined && <StatusIndicator type="success">The server finds nothing wrong with it</StatusIndicator>}
            {diagnostics.found.length > 0 && (
              <Alert type={errors.length > 0 ? "error" : "warning"} header={errors.length > 0 ? `${errors.length} ${errors.length === 1 ? "error" : "errors"}` : "Warnings"}>
                <ul>{diagnostics.found.slice(0, 20).map((d, i) => <li key={i}><b>{d.code}</b>: {d.message} {d.location && <span className="mono">{d.location}</span>}</li>)}</ul>
              </Alert>
            )}
          </SpaceBetween>
          <SpaceBetween size="s">
            <Suspense fallback={<Waiting />}><Graph machine={machine} height={620} fileName={name} selected={selected} onSelect={setSelected} problems={problems} /></Suspense>
            {selected && machine && (
              <Container header={<Header variant="h2">Test {selected}</Header>}>
                <Suspense fallback={<Waiting />}><TestState key={selected} machine={machine} state={selected} roleArn={roleArn} /></Suspense>
              </Container>
            )}
          </SpaceBetween>
        </div>
      </SpaceBetween>
    </Page>
  );
}

async function newRole(machine: string): Promise<string> {
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" }] });
  const plain = machine.replace(/[^\w+=,.@-]/g, "").slice(0, 30);
  const made = await iam().send(new CreateRoleCommand({ RoleName: `StepFunctions-${plain}-role-${Date.now().toString(36)}`, Path: "/service-role/", AssumeRolePolicyDocument }));
  return made.Role!.Arn!;
}
