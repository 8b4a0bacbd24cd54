// New execution: an optional name, the input, and off it goes.
import { DescribeExecutionCommand, StartExecutionCommand, StartSyncExecutionCommand } from "@aws-sdk/client-sfn";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { checkJson, checkName } from "../asl/names";
import { useMachine } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { go, paths, type Place } from "../router";
import { useSamples } from "./catalogue";
import { CliOf } from "../ui/Cli";
import { JsonText } from "../ui/JsonText";
import { Failure, Page, Waiting } from "../ui/Page";
import { StatusBadge } from "../ui/Status";

const CodeEditor = lazy(() => import("../editor/CodeEditor"));

const comment = '{\n  "Comment": "Insert your JSON here"\n}';

function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

interface SyncAnswer {
  status?: string;
  output?: string;
  error?: string;
  cause?: string;
}

export default function StartPage({ place }: { place: Place }) {
  const arn = place.path[2];
  const from = place.query.get("from") ?? undefined;
  const machine = useMachine(arn);
  const generated = useMemo(uuid, []);
  const [name, setName] = useState("");
  const [input, setInput] = useState(comment);
  const [newTab, setNewTab] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [answer, setAnswer] = useState<SyncAnswer>();

  useEffect(() => {
    // "New execution" of an execution begins with that one's input.
    if (from) void sfn().send(new DescribeExecutionCommand({ executionArn: from })).then((e) => e.input && setInput(e.input), setFailure);
  }, [from]);

  // A sample project says what it is started with.
  const sample = useSamples(place.query.has("sample")).data?.find((s) => s.id === place.query.get("sample"));
  useEffect(() => {
    if (sample?.input !== undefined) setInput((now) => (now === comment ? JSON.stringify(sample.input, null, 2) : now));
  }, [sample]);

  if (machine.error) return <Failure error={machine.error} what="The state machine could not be read" />;
  if (!machine.data) return <Waiting />;
  const express = machine.data.type === "EXPRESS";
  const findings = checkName(name, "execution name");
  const badInput = checkJson(input);
  const used = name || generated;

  const starting = {
    sync: () => new StartSyncExecutionCommand({ stateMachineArn: arn, name: used, input }),
    async: () => new StartExecutionCommand({ stateMachineArn: arn, name: used, input }),
  };
  const start = async () => {
    if (findings.error || badInput) return;
    setBusy(true);
    setFailure(undefined);
    try {
      if (express) {
        setAnswer(await sfn().send(starting.sync()));
        return;
      }
      const started = await sfn().send(starting.async());
      const to = paths.execution(started.executionArn!);
      if (newTab) window.open(to, "_blank", "noopener");
      else go(to);
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Page title="New execution" description={<>Starts an execution of <Link href={paths.machine(arn)}>{machine.data.name}</Link>.</>}>
      <form onSubmit={(event) => (event.preventDefault(), void start())}>
        <Form
          actions={
            <SpaceBetween direction="horizontal" size="xs">
              <CliOf text of={() => (express ? starting.sync() : starting.async())} />
              <Button variant="link" href={paths.machine(arn)} formAction="none">Cancel</Button>
              <Button variant="primary" loading={busy} disabled={Boolean(findings.error || badInput)}>Start execution</Button>
            </SpaceBetween>
          }
        >
          <SpaceBetween size="l">
            <Container>
              <SpaceBetween size="l">
                <FormField
                  label={<>Name <i>- optional</i></>} constraintText={`If you leave it blank, the execution is called ${generated}.`} errorText={findings.error} warningText={findings.warning}
                  description="To identify this execution later. Names are used once per state machine."
                >
                  <Input value={name} onChange={({ detail }) => setName(detail.value)} placeholder="Enter an execution name" autoFocus spellcheck={false} />
                </FormField>
                <FormField label="Input" description="The JSON that the first state gets." errorText={badInput} stretch
                  secondaryControl={<Button formAction="none" onClick={() => !badInput && setInput(JSON.stringify(JSON.parse(input), null, 2))}>Format JSON</Button>}>
                  <Suspense fallback={<Waiting />}><CodeEditor value={input} onChange={setInput} label="Input of the execution" height={260} /></Suspense>
                </FormField>
                {!express && <Checkbox checked={newTab} onChange={({ detail }) => setNewTab(detail.checked)}>Open in a new browser tab</Checkbox>}
              </SpaceBetween>
            </Container>
            {failure !== undefined && <Failure error={failure} what="The execution was not started" />}
            {answer && (
              <Alert type={answer.status === "SUCCEEDED" ? "success" : "error"} header={<StatusBadge status={answer.status} />}>
                {answer.error && <Box variant="p">{answer.error}: {answer.cause}</Box>}
                {answer.output && <JsonText value={answer.output} label="Output" />}
              </Alert>
            )}
          </SpaceBetween>
        </Form>
      </form>
    </Page>
  );
}
