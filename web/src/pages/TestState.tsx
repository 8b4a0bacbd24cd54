// Runs one state with an input, as the server would, and shows each stage of its data.
import { TestStateCommand, type TestStateOutput } from "@aws-sdk/client-sfn";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";
import { allStates, type Machine } from "../asl/definition";
import { checkJson } from "../asl/names";
import { sfn } from "../aws/sfn";
import { CliOf } from "../ui/Cli";
import { JsonText } from "../ui/JsonText";
import { Failure } from "../ui/Page";

const stages: Array<[string, string]> = [
  ["input", "Input"], ["afterInputPath", "After InputPath"], ["afterParameters", "After Parameters"], ["afterArguments", "After Arguments"], ["result", "Result"], ["afterResultSelector", "After ResultSelector"],
  ["afterResultPath", "After ResultPath"], ["variables", "Variables"],
];

export default function TestState({ machine, state, roleArn }: { machine: Machine; state: string; roleArn: string }) {
  const [input, setInput] = useState("{}");
  const [mock, setMock] = useState("");
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<TestStateOutput>();
  const [failure, setFailure] = useState<unknown>();
  const definition = allStates(machine).get(state);
  const mockable = definition?.Type === "Task" || definition?.Type === "Map" || definition?.Type === "Parallel";
  const bad = checkJson(input) ?? (mock && checkJson(mock));
  const trial = () => {
    const alone = machine.QueryLanguage && !definition?.QueryLanguage ? { QueryLanguage: machine.QueryLanguage, ...definition } : definition;
    return new TestStateCommand({ definition: JSON.stringify(alone), roleArn: roleArn || undefined, input, inspectionLevel: "DEBUG", mock: mock ? { result: mock } : undefined });
  };
  const run = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      setAnswer(await sfn().send(trial()));
    } catch (error) {
      setAnswer(undefined);
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };
  const data = (answer?.inspectionData ?? {}) as Record<string, unknown>;
  return (
    <SpaceBetween size="s">
      <FormField label="Input" errorText={checkJson(input)} stretch><Textarea value={input} onChange={({ detail }) => setInput(detail.value)} rows={3} spellcheck={false} /></FormField>
      {mockable && <FormField label={<>Mocked result <i>- optional</i></>} constraintText="With one, the task is not called." stretch><Textarea value={mock} onChange={({ detail }) => setMock(detail.value)} rows={2} spellcheck={false} /></FormField>}
      <SpaceBetween direction="horizontal" size="xs"><Button loading={busy} disabled={Boolean(bad)} onClick={() => void run()}>Test state</Button><CliOf of={trial} /></SpaceBetween>
      {failure !== undefined && <Failure error={failure} what="The state was not tested" />}
      {answer && (
        <SpaceBetween size="s">
          <StatusIndicator type={answer.status === "SUCCEEDED" ? "success" : answer.status === "FAILED" ? "error" : "warning"}>{answer.status}{answer.nextState ? `, goes on to ${answer.nextState}` : ""}</StatusIndicator>
          {answer.error && <Alert type="error" header={answer.error}>{answer.cause}</Alert>}
          {answer.output !== undefined && <div><Box variant="awsui-key-label">Output</Box><JsonText value={answer.output} label="Output of the test" /></div>}
          {stages.filter(([member]) => typeof data[member] === "string").map(([member, label]) => <ExpandableSection key={member} headerText={label}><JsonText value={data[member] as string} label={label} /></ExpandableSection>)}
        </SpaceBetween>
      )}
    </SpaceBetween>
  );
}
