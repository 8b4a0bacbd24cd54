// Execution details: what ran, how it went, and every state's data.
import { DescribeExecutionCommand, GetExecutionHistoryCommand, RedriveExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState } from "react";
import { queryClient, refresh, useExecution, useExecutionMachine } from "../../aws/queries";
import { sfn } from "../../aws/sfn";
import { build } from "../../history/model";
import { useHistory } from "../../history/useHistory";
import { go, paths, type Place } from "../../router";
import { CliOf, copyCommand } from "../../ui/Cli";
import { download } from "../../ui/download";
import { Arn } from "../../ui/Arn";
import { useKeys } from "../../ui/keys";
import { notify, notifyError } from "../../ui/notices";
import { Failure, Page, Waiting } from "../../ui/Page";
import HistoryViews from "./HistoryViews";
import Mend from "./Mend";
import Summary from "./Summary";

export default function ExecutionPage({ place }: { place: Place }) {
  const arn = place.path[3];
  const execution = useExecution(arn);
  const machine = useExecutionMachine(arn);
  const history = useHistory(arn);
  const [stopping, setStopping] = useState(false);
  const e = execution.data;
  useKeys({ n: () => e && go(paths.start(e.stateMachineArn!, arn)) });

  const ended = e?.status === "RUNNING" ? undefined : e?.status;
  const facts = useMemo(() => ({ executionArn: arn, name: e?.name, roleArn: machine.data?.roleArn, machineArn: e?.stateMachineArn, machineName: machine.data?.name }), [arn, e?.name, e?.stateMachineArn, machine.data?.roleArn, machine.data?.name]);
  // The state that the failure came from.
  const broken = useMemo(() => (ended && ended !== "SUCCEEDED" ? build(history.events).visits.findLast((v) => v.status === "failed" || v.status === "timedOut") : undefined), [ended, history.events]);
  const showBroken = () => {
    go(paths.execution(arn, { view: place.query.get("view") ?? undefined, state: broken!.name, visit: String(broken!.id) }), "replace");
    document.querySelector("[data-testid=step-details]")?.scrollIntoView({ block: "nearest" });
  };

  // What was read already stays in sight while the server does not answer.
  if (execution.error && !e) return <Failure error={execution.error} what="The execution could not be read" />;
  if (!e) return <Waiting text="Loading the execution" />;
  const running = e.status === "RUNNING";
  const redrivable = e.redriveStatus === "REDRIVABLE";

  const redriving = () => new RedriveExecutionCommand({ executionArn: arn });
  const redrive = async () => {
    try {
      await sfn().send(redriving());
      notify("success", "The execution goes on from the states that had failed.");
      await queryClient.invalidateQueries();
    } catch (error) {
      notifyError("The execution was not redriven", error);
    }
  };
  const actions = (id: string) => {
    if (id === "cli") void copyCommand(new GetExecutionHistoryCommand({ executionArn: arn }));
    else if (id === "describe") void copyCommand(new DescribeExecutionCommand({ executionArn: arn }));
    else if (id === "export") {
      // The form that get-execution-history prints, so that this console takes it up again.
      const events = history.events.map(({ id: n, previousEventId, timestamp, type, details }) => ({
        timestamp: new Date(timestamp).toISOString(), type, id: n, previousEventId, ...(Object.keys(details).length ? { [detailsName(type)]: details } : {}),
      }));
      download(`${e.name}.json`, "application/json", JSON.stringify({ execution: { ...e, $metadata: undefined }, definition: machine.data?.definition, events }, null, 2));
    } else if (id === "compare") go(paths.compare(arn));
  };

  return (
    <Page
      title={e.name ?? "Execution"} description={<Arn value={arn} what="Execution ARN" />}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button href={paths.edit(e.stateMachineArn!.replace(/\/[^/:]+$/, ""))}>Edit state machine</Button>
          <ButtonDropdown
            items={[{ id: "export", text: "Export history (JSON)" }, { id: "compare", text: "Compare with another execution" }, { id: "describe", text: "Copy as AWS CLI: describe-execution" }, { id: "cli", text: "Copy as AWS CLI: get-execution-history" }]}
            onItemClick={({ detail }) => actions(detail.id)}
          >
            Actions
          </ButtonDropdown>
          {redrivable && <CliOf of={redriving} />}
          {redrivable && <Button onClick={() => void redrive()}>Redrive</Button>}
          {running && <Button onClick={() => setStopping(true)}>Stop execution</Button>}
          <Button variant="primary" href={paths.start(e.stateMachineArn!, arn)}>New execution</Button>
        </SpaceBetween>
      }
    >
      <SpaceBetween size="l">
        {(e.status === "FAILED" || e.status === "TIMED_OUT" || e.status === "ABORTED") && (
          <Alert type={e.status === "ABORTED" ? "warning" : "error"} action={broken && <Button onClick={showBroken}>Show step detail</Button>}
            header={e.status === "FAILED" ? `Failed: ${e.error ?? "no error was named"}` : e.status === "ABORTED" ? "The execution was stopped" : "The execution timed out"}>
            <span dir="auto" style={{ overflowWrap: "anywhere" }}>{e.cause ?? (e.error && e.status === "ABORTED" ? e.error : "")}</span>
            {e.status === "FAILED" && <Mend error={e.error} cause={e.cause} machine={e.stateMachineArn} />}
          </Alert>
        )}
        <Summary execution={e} definition={machine.data?.definition} events={history.events} live={history.live} />
        {history.error !== undefined && <Failure error={history.error} what="The history could not be read" />}
        <HistoryViews events={history.events} definition={machine.data?.definition} place={place} loading={history.loading} running={running} name={e.name ?? "execution"} base={(query) => paths.execution(arn, query)} shared machineArn={e.stateMachineArn} facts={facts} />
      </SpaceBetween>
      <Stop arn={arn} visible={stopping} onClose={() => setStopping(false)} />
    </Page>
  );
}

function detailsName(type: string): string {
  const entered = /StateEntered$/.test(type) ? "stateEntered" : /StateExited$/.test(type) ? "stateExited" : type.charAt(0).toLowerCase() + type.slice(1);
  return `${entered}EventDetails`;
}

function Stop({ arn, visible, onClose }: { arn: string; visible: boolean; onClose: () => void }) {
  const [error, setError] = useState("");
  const [cause, setCause] = useState("");
  const stopping = () => new StopExecutionCommand({ executionArn: arn, error: error || undefined, cause: cause || undefined });
  const stop = async () => {
    try {
      await sfn().send(stopping());
      void refresh("execution", arn);
    } catch (failure) {
      notifyError("The execution was not stopped", failure);
    }
    onClose();
  };
  return (
    <Modal
      visible={visible} header="Stop execution" onDismiss={onClose} closeAriaLabel="Close"
      footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button onClick={onClose}>Cancel</Button><CliOf of={stopping} /><Button variant="primary" onClick={() => void stop()}>Stop execution</Button></SpaceBetween></Box>}
    >
      <SpaceBetween size="m">
        <Box variant="p">What runs is stopped, its container too.</Box>
        <FormField label={<>Error code <i>- optional</i></>}><Input value={error} onChange={({ detail }) => setError(detail.value)} /></FormField>
        <FormField label={<>Cause <i>- optional</i></>}><Input value={cause} onChange={({ detail }) => setCause(detail.value)} /></FormField>
      </SpaceBetween>
    </Modal>
  );
}
