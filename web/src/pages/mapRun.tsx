// A Map Run: how far a distributed Map has come, its limits, its child executions.
import { DescribeMapRunCommand, UpdateMapRunCommand } from "@aws-sdk/client-sfn";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { refresh, useAsked } from "../aws/queries";
import { sfn } from "../aws/sfn";
import { paths, type Place } from "../router";
import { CliOf, command, CopyCli } from "../ui/Cli";
import { notifyError } from "../ui/notices";
import { Failure, Page, Waiting } from "../ui/Page";
import { StatusBadge } from "../ui/Status";
import { dateTime } from "../ui/time";
import Executions from "./machine/Executions";

export default function MapRunPage({ place }: { place: Place }) {
  const arn = place.path[1];
  const [concurrency, setConcurrency] = useState("");
  const run = useAsked(["map-run", arn], (abortSignal) => sfn().send(new DescribeMapRunCommand({ mapRunArn: arn }), { abortSignal }), { refetchInterval: 1_500 });
  if (run.error) return <Failure error={run.error} what="The Map Run could not be read" />;
  if (!run.data) return <Waiting />;
  const r = run.data, items = r.itemCounts;
  const done = (items?.succeeded ?? 0) + (items?.failed ?? 0) + (items?.aborted ?? 0) + (items?.timedOut ?? 0);
  const change = () => new UpdateMapRunCommand({ mapRunArn: arn, maxConcurrency: Number(concurrency) });
  const update = () => void sfn().send(change()).then(() => (setConcurrency(""), refresh("map-run", arn)), (e: unknown) => notifyError("The Map Run was not changed", e));
  return (
    <Page title="Map Run" description={<span className="mono">{arn}</span>} actions={<CopyCli text={command("stepfunctions", "describe-map-run", { "map-run-arn": arn })} />}>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Items</Header>}>
          <SpaceBetween size="m">
            <ProgressBar label="Items processed" value={items?.total ? (done / items.total) * 100 : 0} additionalInfo={`${done.toLocaleString("en")} of ${(items?.total ?? 0).toLocaleString("en")}`} />
            <KeyValuePairs columns={4} items={[
              { label: "Status", value: <StatusBadge status={r.status} /> }, { label: "Parent", value: <Link href={paths.execution(r.executionArn!)}>{r.executionArn!.split(":").at(-1)}</Link> },
              { label: "Started", value: dateTime(r.startDate, true) }, { label: "Ended", value: dateTime(r.stopDate, true) },
              { label: "Pending", value: items?.pending }, { label: "Running", value: items?.running }, { label: "Succeeded", value: items?.succeeded }, { label: "Failed", value: items?.failed },
              { label: "Timed out", value: items?.timedOut }, { label: "Aborted", value: items?.aborted }, { label: "Results written", value: items?.resultsWritten },
              { label: "Tolerated failures", value: `${r.toleratedFailurePercentage ?? 0} % or ${r.toleratedFailureCount ?? 0}` },
              { label: "Maximum concurrency", value: <SpaceBetween direction="horizontal" size="xs">{String(r.maxConcurrency ?? 0)}{r.status === "RUNNING" && <><Input type="number" value={concurrency} onChange={({ detail }) => setConcurrency(detail.value)} ariaLabel="New maximum concurrency" /><Button disabled={!concurrency} onClick={update}>Change</Button><CliOf of={change} /></>}</SpaceBetween> },
            ]} />
          </SpaceBetween>
        </Container>
        <Executions owner={{ mapRunArn: arn }} />
      </SpaceBetween>
    </Page>
  );
}
