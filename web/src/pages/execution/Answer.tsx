// A task that waits for its token is answered from here, as whoever got the token would answer it.
import { SendTaskFailureCommand, SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { checkJson } from "../../asl/names";
import { sfn } from "../../aws/sfn";
import { CliOf } from "../../ui/Cli";
import { notify } from "../../ui/notices";
import { Failure } from "../../ui/Page";

export default function Answer({ token, state }: { token: string | undefined; state: string }) {
  const [kind, setKind] = useState("success");
  const [given, setGiven] = useState("");
  const [output, setOutput] = useState('{\n  "approved": true\n}');
  const [error, setError] = useState("");
  const [cause, setCause] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const taskToken = token ?? given.trim();
  const bad = kind === "success" ? checkJson(output) : undefined;
  const success = () => new SendTaskSuccessCommand({ taskToken, output });
  const failing = () => new SendTaskFailureCommand({ taskToken, error: error || undefined, cause: cause || undefined });
  const send = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await (kind === "success" ? sfn().send(success()) : sfn().send(failing()));
      notify("success", `${state} was answered, and goes on.`);
    } catch (problem) {
      setFailure(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <SpaceBetween size="m">
      <Box variant="p" color="text-body-secondary">{token ? "The state waits for whoever has its token. It stands in the task's parameters, so it can be answered here too." : "The state waits for whoever has its token. The task's parameters do not show it: it is known to whom it was given."}</Box>
      {!token && <FormField label="Task token" stretch><Textarea value={given} onChange={({ detail }) => setGiven(detail.value)} rows={2} spellcheck={false} /></FormField>}
      <SegmentedControl label="How to answer" selectedId={kind} onChange={({ detail }) => setKind(detail.selectedId)} options={[{ id: "success", text: "Success" }, { id: "failure", text: "Failure" }]} />
      {kind === "success"
        ? <FormField label="Output" description="What the state's task comes to, as JSON." errorText={bad} stretch><Textarea value={output} onChange={({ detail }) => setOutput(detail.value)} rows={4} spellcheck={false} /></FormField>
        : <><FormField label="Error" stretch><Input value={error} onChange={({ detail }) => setError(detail.value)} placeholder="Refused" spellcheck={false} /></FormField><FormField label={<>Cause <i>- optional</i></>} stretch><Input value={cause} onChange={({ detail }) => setCause(detail.value)} /></FormField></>}
      {failure !== undefined && <Failure error={failure} what="The task was not answered" />}
      <SpaceBetween direction="horizontal" size="xs"><Button variant="primary" loading={busy} disabled={Boolean(bad) || !taskToken} onClick={() => void send()}>{kind === "success" ? "Send success" : "Send failure"}</Button><CliOf of={kind === "success" ? success : failing} /></SpaceBetween>
    </SpaceBetween>
  );
}
