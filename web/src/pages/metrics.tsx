// CloudWatch metrics of Step Functions, by state machine over time.
import Button from "@cloudscape-design/components/button";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { lazy, Suspense } from "react";
import { useAsked } from "../aws/queries";
import { rangeOf, ranges } from "../metrics/series";
import { go, href, paths, type Place } from "../router";
import { command, CopyCli } from "../ui/Cli";
import { Failure, Nothing, Page, Waiting } from "../ui/Page";
import { measured } from "../metrics/measured";

const MachineMetrics = lazy(() => import("../metrics/MachineMetrics"));

export default function MetricsPage({ place }: { place: Place }) {
  const machines = useAsked(["measured"], measured, { changesWith: ["metrics:AWS/States"] });
  const range = rangeOf(place.query.get("range"));
  const options = (machines.data ?? []).map((arn) => ({ value: arn, label: arn.split(":").at(-1)!, description: arn }));
  const arn = place.query.get("machine") ?? options[0]?.value ?? "";
  const to = (change: Record<string, string>) => go(href(["metrics"], { machine: place.query.get("machine") ?? undefined, range: range.id, ...change }), "replace");
  return (
    <Page title="Metrics" description="AWS/States in CloudWatch, written once a minute." actions={arn ? <SpaceBetween direction="horizontal" size="xs"><CopyCli text={command("cloudwatch", "list-metrics", { namespace: "AWS/States" })} /><Button href={paths.machine(arn)}>State machine</Button></SpaceBetween> : undefined}>
      <SpaceBetween size="l">
        {machines.error && <Failure error={machines.error} what="The metrics could not be listed" />}
        {machines.isLoading && <Waiting />}
        {machines.data && !arn && <Nothing title="No metrics yet" text="Start an execution: it is counted within a minute." action={<Button href={paths.machines}>State machines</Button>} />}
        {arn && (
          <SpaceBetween size="m">
            <SpaceBetween direction="horizontal" size="s" alignItems="center">
              <div style={{ minWidth: 320 }}><Select inlineLabelText="State machine" options={options} selectedOption={options.find((o) => o.value === arn) ?? { value: arn, label: arn.split(":").at(-1) }} onChange={({ detail }) => to({ machine: detail.selectedOption.value! })} filteringType="auto" filteringAriaLabel="Find a state machine" filteringClearAriaLabel="Clear the search" /></div>
              <SegmentedControl label="Range" selectedId={range.id} options={ranges.map((r) => ({ id: r.id, text: r.label }))} onChange={({ detail }) => to({ range: detail.selectedId })} />
            </SpaceBetween>
            <Suspense fallback={<Waiting />}><MachineMetrics arn={arn} range={range} /></Suspense>
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Page>
  );
}
