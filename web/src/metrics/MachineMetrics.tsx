// AWS/States metrics of a state machine in charts.
import { GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import LineChart from "@cloudscape-design/components/line-chart";
import { cloudwatch } from "../aws/cloudwatch";
import { useAsked } from "../aws/queries";
import { Failure, Waiting } from "../ui/Page";
import { duration } from "../ui/time";
import { filled, known, spanOf, steps, total, type Range } from "./series";
import { useNow } from "../pages/execution/Summary";

const counts = [
  { id: "started", metric: "ExecutionsStarted", title: "Started", colour: "var(--run)" }, { id: "succeeded", metric: "ExecutionsSucceeded", title: "Succeeded", colour: "var(--good)" }, { id: "failed", metric: "ExecutionsFailed", title: "Failed", colour: "var(--bad)" },
  { id: "aborted", metric: "ExecutionsAborted", title: "Aborted", colour: "var(--stop)" }, { id: "timedout", metric: "ExecutionsTimedOut", title: "Timed out", colour: "var(--caught)" },
];
const times = [{ id: "p50", stat: "p50", title: "p50", colour: "var(--run)" }, { id: "p95", stat: "p95", title: "p95", colour: "var(--caught)" }, { id: "longest", stat: "Maximum", title: "Longest", colour: "var(--bad)" }];

type Series = Record<string, { timestamps: Date[]; values: number[] }>;

async function read(arn: string, range: Range, abortSignal: AbortSignal): Promise<Series> {
  const span = spanOf(range, Date.now());
  const query = (Id: string, MetricName: string, Stat: string): MetricDataQuery => ({ Id, MetricStat: { Metric: { Namespace: "AWS/States", MetricName, Dimensions: [{ Name: "StateMachineArn", Value: arn }] }, Period: range.period, Stat } });
  const answer = await cloudwatch().send(
    new GetMetricDataCommand({ StartTime: span.from, EndTime: span.to, MetricDataQueries: [...counts.map((c) => query(c.id, c.metric, "Sum")), ...times.map((t) => query(t.id, "ExecutionTime", t.stat))] }), { abortSignal },
  );
  return Object.fromEntries((answer.MetricDataResults ?? []).map((r) => [r.Id!, { timestamps: r.Timestamps ?? [], values: r.Values ?? [] }]));
}

const when = (range: Range) => (date: Date) => (range.minutes > 1_440 ? date.toLocaleString("en", { month: "short", day: "numeric", hour: "numeric", hour12: false }) : date.toLocaleTimeString("en", { hour: "2-digit", minute: "2-digit", hour12: false }));

export default function MachineMetrics({ arn, range }: { arn: string; range: Range }) {
  const data = useAsked(["metrics", arn, range.id], (signal) => read(arn, range, signal), { changesWith: ["metrics:AWS/States"] });
  // The picture ends with the minute that is now, whether something comes or not.
  const now = useNow(true, 15_000);
  if (data.error) return <Failure error={data.error} what="The metrics could not be read" />;
  if (!data.data) return <Waiting />;
  const span = spanOf(range, now), { from, to } = span, found = data.data;
  const points = Object.fromEntries(counts.map((c) => [c.id, filled(found[c.id]?.timestamps ?? [], found[c.id]?.values ?? [], range, span)]));
  const lengths = Object.fromEntries(times.map((t) => [t.id, known(found[t.id]?.timestamps ?? [], found[t.id]?.values ?? []).filter((p) => p.x >= from)]));
  const most = Math.max(1, ...Object.values(points).flatMap((points) => points.map((p) => p.y)));
  const longest = Math.max(10, ...Object.values(lengths).flatMap((points) => points.map((p) => p.y)));
  const shared = { xDomain: [from, to], xScaleType: "time" as const, height: 260, hideFilter: true, i18nStrings: { xTickFormatter: when(range), legendAriaLabel: "Legend", chartAriaRoleDescription: "line chart", detailPopoverDismissAriaLabel: "Close" } };
  const none = <Box textAlign="center" color="text-body-secondary"><b>No executions in this time</b><div>What runs is counted here within a minute.</div></Box>;
  const sums = counts.map((c) => ({ ...c, sum: total(points[c.id]) }));
  return (
    <div className="split">
      <Container header={<Header variant="h2" description={<>per {range.period < 3_600 ? `${range.period / 60} min` : `${range.period / 3_600} h`}; in all: {sums.map((s) => `${s.sum.toLocaleString("en")} ${s.title.toLowerCase()}`).join(", ")}</>}>Executions</Header>}>
        <LineChart<Date> {...shared} ariaLabel="Executions" xDomain={[from, to]} yDomain={[0, most]} xTitle="Time" yTitle="Executions" empty={none} noMatch={none}
          series={sums.filter((s) => s.sum > 0).map((s) => ({ title: s.title, type: "line" as const, data: points[s.id], color: s.colour }))} />
      </Container>
      <Container header={<Header variant="h2" description="from the start to the end of those that ended">Execution time</Header>}>
        <LineChart<Date> {...shared} ariaLabel="Execution time" xDomain={[from, to]} yDomain={[0, longest]} xTitle="Time" yTitle="Duration" empty={none} noMatch={none} i18nStrings={{ ...shared.i18nStrings, yTickFormatter: (n: number) => duration(n) }}
          series={times.filter((t) => lengths[t.id].length > 0).map((t) => ({ title: t.title, type: "line" as const, color: t.colour, data: steps(lengths[t.id], range), valueFormatter: (n: number) => duration(n) }))} />
      </Container>
    </div>
  );
}
