// "States": what the last executions did in each state, as a grid, and how long the states take.
import { GetExecutionHistoryCommand, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import { useMemo } from "react";
import { allStates, type Machine } from "../../asl/definition";
import { refresh, useAsked } from "../../aws/queries";
import { sfn } from "../../aws/sfn";
import { normalise, type HistoryEvent } from "../../history/events";
import { build, statusText, type Status } from "../../history/model";
import { perState, type Run } from "../../history/perState";
import { href, paths } from "../../router";
import { Failure, Nothing, Waiting } from "../../ui/Page";
import { duration } from "../../ui/time";

const runsMax = 20, eventsMax = 2_000;
const ends: Record<string, Status> = { RUNNING: "running", SUCCEEDED: "succeeded", FAILED: "failed", TIMED_OUT: "timedOut", ABORTED: "aborted", PENDING_REDRIVE: "aborted" };

async function lastRuns(stateMachineArn: string, abortSignal: AbortSignal): Promise<Run[]> {
  const { executions = [] } = await sfn().send(new ListExecutionsCommand({ stateMachineArn, maxResults: runsMax }), { abortSignal });
  const runs: Run[] = [];
  for (const e of executions) {
    const events: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await sfn().send(new GetExecutionHistoryCommand({ executionArn: e.executionArn, maxResults: 1000, includeExecutionData: false, nextToken }), { abortSignal });
      events.push(...(page.events ?? []).map(normalise));
      nextToken = page.nextToken;
    } while (nextToken && events.length < eventsMax);
    runs.push({ arn: e.executionArn!, name: e.name!, status: ends[e.status!] ?? "running", model: build(events) });
  }
  return runs.reverse();
}

export default function StateTimes({ arn, machine }: { arn: string; machine: Machine | undefined }) {
  const runs = useAsked(["state-times", arn], (signal) => lastRuns(arn, signal));
  const rows = useMemo(() => perState(runs.data ?? [], [...allStates(machine).keys()]), [runs.data, machine]);
  return (
    <Container header={<Header variant="h2" counter={runs.data ? `(${runs.data.length} executions)` : undefined} description={`The last ${runsMax} executions, the newest at the right, state by state.`} actions={<Button iconName="refresh" ariaLabel="Look at the states again" loading={runs.isFetching} onClick={() => void refresh("state-times", arn)} />}>States</Header>}>
      {runs.error && <Failure error={runs.error} what="The executions could not be read" />}
      {runs.isLoading && <Waiting text="Reading the last executions" />}
      {runs.data?.length === 0 && <Nothing title="No executions" text="What the states do and how long they take is told here once something ran." />}
      {runs.data && runs.data.length > 0 && (
        <div className="state-times" tabIndex={0} role="region" aria-label="States of the last executions">
          <table>
            <thead><tr><th scope="col">State</th><th scope="col">Visits</th><th scope="col">Errors</th><th scope="col">p50</th><th scope="col">p95</th><th scope="col">Executions</th></tr></thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.name}>
                  <th scope="row" dir="auto">{row.name}</th>
                  <td>{row.visits}</td>
                  <td>{row.failed ? <span style={{ color: "var(--bad)" }}>{row.failed}</span> : 0}</td>
                  <td>{duration(row.p50)}</td>
                  <td>{duration(row.p95)}</td>
                  <td>
                    <span className="run-cells">
                      {row.cells.map((cell, i) => {
                        const run = runs.data![i];
                        if (!cell) return <span key={run.arn} className="run-cell" title={`${run.name}: not entered`} />;
                        const told = `${row.name} in ${run.name}: ${statusText[cell.status]}${cell.duration === undefined ? "" : `, ${duration(cell.duration)}`}`;
                        return <a key={run.arn} className={`run-cell status-${cell.status}`} href={paths.execution(run.arn, { state: row.name })} title={told} aria-label={told} />;
                      })}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <Box variant="small" color="text-body-secondary">A square is a state in an execution, and leads there. <Link variant="secondary" fontSize="body-s" href={href(["statemachines", "view", arn])}>All executions</Link></Box>
        </div>
      )}
    </Container>
  );
}
