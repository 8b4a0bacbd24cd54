// A Map Run: how far a distributed Map has come, its limits, its child executions.
import { DescribeMapRunCommand, RedriveExecutionCommand, UpdateMapRunCommand, type DescribeMapRunOutput, type MapRunItemCounts } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { refresh, useAsked, useExecution } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { paths, type Place } from "../router";
import { Arn } from "../ui/Arn";
import { CliOf, command, CopyCli } from "../ui/Cli";
import { notify, notifyError } from "../ui/notices";
import { Failure, Page, Waiting } from "../ui/Page";
import { StatusBadge } from "../ui/Status";
import { dateTime, duration } from "../ui/time";
import { useNow } from "./execution/Summary";
import Executions from "./machine/Executions";

export default function MapRunPage({ place }: { place: Place }) {
  const arn = place.path[1];
  const [editing, setEditing] = useState(false);
  const run = useAsked(["map-run", arn], (abortSignal) => sfn().send(new DescribeMapRunCommand({ mapRunArn: arn }), { abortSignal }), { changesWith: [`map-run:${arn}`] });
  const now = useNow(run.data?.status === "RUNNING");
  if (run.error) return <Failure error={run.error} what="The Map Run could not be read" />;
  if (!run.data) return <Waiting />;
  const r = run.data;
  return (
    <Page title="Map Run" description={<Arn value={arn} />} actions={
      <SpaceBetween direction="horizontal" size="xs">
        <CopyCli text={command("stepfunctions", "describe-map-run", { "map-run-arn": arn })} />
        {r.status !== "RUNNING" && r.status !== "SUCCEEDED" && <Redrive executionArn={r.executionArn!} />}
        <Button disabled={r.status !== "RUNNING"} disabledReason="A Map Run is edited while it runs." onClick={() => setEditing(true)}>Edit Map Run</Button>
      </SpaceBetween>
    }>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Details</Header>}>
          <KeyValuePairs columns={4} items={[
            { label: "Status", value: <StatusBadge status={r.status} /> }, { label: "Parent execution", value: <Link href={paths.execution(r.executionArn!)}>{r.executionArn!.split(":").at(-1)}</Link> },
            { label: "Start time", value: dateTime(r.startDate, true) }, { label: "End time", value: dateTime(r.stopDate, true) },
            { label: "Duration", value: r.startDate ? duration((r.stopDate ? new Date(r.stopDate).getTime() : now) - new Date(r.startDate).getTime()) : "-" },
            { label: "Maximum concurrency", value: r.maxConcurrency || "Unlimited" },
            { label: "Tolerated failure threshold", value: `${r.toleratedFailurePercentage ?? 0} % or ${(r.toleratedFailureCount ?? 0).toLocaleString("en")} items` },
            { label: "Redrive count", value: r.redriveCount ?? 0 },
          ]} />
        </Container>
        {r.itemCounts && <Items counts={r.itemCounts} />}
        <Executions owner={{ mapRunArn: arn }} />
      </SpaceBetween>
      {editing && <Edit run={r} onClose={() => setEditing(false)} />}
    </Page>
  );
}

/** A Map Run is redriven with the execution that it belongs to. */
function Redrive({ executionArn }: { executionArn: string }) {
  const parent = useExecution(executionArn);
  if (parent.data?.redriveStatus !== "REDRIVABLE") return null;
  const redriving = () => new RedriveExecutionCommand({ executionArn });
  const redrive = () => void sfn().send(redriving()).then(() => (notify("success", "The parent execution goes on: what failed in the Map Run is done again."), refresh("map-run"), refresh("execution", executionArn)), (e: unknown) => notifyError("The parent execution was not redriven", e));
  return <><CliOf of={redriving} /><Button onClick={redrive}>Redrive from parent execution</Button></>;
}

const kinds = [["succeeded", "Succeeded", "succeeded"], ["failed", "Failed", "failed"], ["timedOut", "Timed out", "timedOut"], ["aborted", "Aborted", "aborted"], ["running", "Running", "running"], ["pending", "Pending", "none"]] as const;

function Items({ counts }: { counts: MapRunItemCounts }) {
  const total = counts.total ?? 0, done = total - (counts.pending ?? 0) - (counts.running ?? 0);
  return (
    <Container header={<Header variant="h2" description={`${done.toLocaleString("en")} of ${total.toLocaleString("en")} items processed, ${(counts.resultsWritten ?? 0).toLocaleString("en")} results written`}>Item processing status</Header>}>
      <SpaceBetween size="m">
        <div className="item-bar" role="progressbar" aria-label="Items processed" aria-valuemin={0} aria-valuemax={total} aria-valuenow={done}>
          {kinds.filter(([key]) => counts[key]).map(([key, , status]) => <span key={key} className={`legend-dot status-${status}`} style={{ flexGrow: counts[key] ?? 0 }} />)}
        </div>
        <KeyValuePairs columns={3} items={kinds.map(([key, label, status]) => ({ label, value: <><span className={`legend-dot status-${status}`} aria-hidden="true" /> {(counts[key] ?? 0).toLocaleString("en")}{total > 0 && <Box variant="small" color="text-body-secondary"> {"\u00a0"}({Math.round(((counts[key] ?? 0) / total) * 100)} %)</Box>}</> }))} />
      </SpaceBetween>
    </Container>
  );
}

function Edit({ run, onClose }: { run: DescribeMapRunOutput; onClose: () => void }) {
  const [concurrency, setConcurrency] = useState(String(run.maxConcurrency ?? 0));
  const [percentage, setPercentage] = useState(String(run.toleratedFailurePercentage ?? 0));
  const [count, setCount] = useState(String(run.toleratedFailureCount ?? 0));
  const bad = [concurrency, percentage, count].some((value) => value.trim() === "" || !(Number(value) >= 0));
  const change = () => new UpdateMapRunCommand({ mapRunArn: run.mapRunArn, maxConcurrency: Number(concurrency), toleratedFailurePercentage: Number(percentage), toleratedFailureCount: Number(count) });
  const update = () => void sfn().send(change()).then(() => (onClose(), refresh("map-run", run.mapRunArn!)), (e: unknown) => notifyError("The Map Run was not changed", e));
  const field = (label: string, description: string, value: string, set: (value: string) => void) => <FormField label={label} description={description}><Input type="number" value={value} onChange={({ detail }) => set(detail.value)} /></FormField>;
  return (
    <Modal visible header="Edit Map Run" onDismiss={onClose} closeAriaLabel="Close"
      footer={<Box float="right"><SpaceBetween direction="horizontal" size="xs"><Button variant="link" onClick={onClose}>Cancel</Button><CliOf of={change} /><Button variant="primary" disabled={bad} onClick={update}>Save</Button></SpaceBetween></Box>}>
      <SpaceBetween size="m">
        {field("Maximum concurrency", "Child executions at the same time; 0 sets no limit.", concurrency, setConcurrency)}
        {field("Tolerated failure percentage", "Of the items; above it, the Map Run fails.", percentage, setPercentage)}
        {field("Tolerated failure count", "Of items; above it, the Map Run fails.", count, setCount)}
      </SpaceBetween>
    </Modal>
  );
}
