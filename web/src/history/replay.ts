// The moments at which a replay stops: where a state is entered or left, or the execution ends.
import type { HistoryEvent } from "./events";

const stops = /State(Entered|Exited|Failed|Aborted)$|^Execution|^MapIteration(Failed|Aborted)|(Failed|TimedOut)$/;

/** The number of events shown at the next such moment, from `count` on; a long history is gone through in larger steps. */
export function nextMoment(events: readonly HistoryEvent[], count: number, by: 1 | -1): number {
  for (let i = count + by; i >= 1 && i <= events.length; i += by) if (stops.test(events[i - 1].type)) return i;
  return by > 0 ? events.length : Math.min(1, events.length);
}

/** At most 300 pictures, whatever the history's length. */
export const stride = (events: readonly HistoryEvent[]) => Math.max(1, Math.ceil(events.reduce((n, e) => n + (stops.test(e.type) ? 1 : 0), 0) / 300));
