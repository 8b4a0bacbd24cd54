// What several executions of a machine did in each of its states: how often, how it ended, how long it took. Pure.
import type { Model, Status } from "./model";

export interface Run {
  arn: string;
  name: string;
  status: Status;
  model: Model;
}

export interface StateTimes {
  name: string;
  type: string;
  visits: number;
  failed: number; // visits that ended in an error, caught ones too
  p50?: number; // milliseconds, of the visits that ended
  p95?: number;
  /** By run, in their order: how the last visit went; undefined where the run did not come there. */
  cells: Array<{ status: Status; duration?: number } | undefined>;
}

/** The smallest of the sorted values that `share` of them do not exceed. */
export const percentile = (sorted: readonly number[], share: number): number | undefined => (sorted.length ? sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] : undefined);

const bad = (status: Status) => status === "failed" || status === "timedOut" || status === "caught";

/** States in the order of the definition; those that it does not know (of an older one) behind them. */
export function perState(runs: readonly Run[], order: readonly string[]): StateTimes[] {
  const names = [...new Set([...order, ...runs.flatMap((r) => [...r.model.byName.keys()])])];
  return names.map((name) => {
    const visits = runs.map((r) => r.model.byName.get(name) ?? []);
    const all = visits.flat();
    const times = all.filter((v) => v.leftAt !== undefined).map((v) => v.leftAt! - v.enteredAt).sort((a, b) => a - b);
    return {
      name, type: all[0]?.type ?? "", visits: all.length, failed: all.filter((v) => bad(v.status)).length, p50: percentile(times, 0.5), p95: percentile(times, 0.95),
      cells: visits.map((list) => {
        // Of many visits whatever went wrong is shown, else the last.
        const shown = list.findLast((v) => v.status === "running") ?? list.findLast((v) => bad(v.status)) ?? list.at(-1);
        return shown && { status: shown.status, duration: shown.leftAt === undefined ? undefined : list.reduce((sum, v) => sum + ((v.leftAt ?? v.enteredAt) - v.enteredAt), 0) };
      }),
    };
  });
}
