// What a running execution waits for, and until when: the end of a Wait, the next try of a task. Computed from the
// definition as the server does, and from the input where that names the time by a plain path; other expressions are not guessed.
import type { StateDefinition } from "../asl/definition";
import type { Model, Visit } from "./model";

export interface Pending {
  visit: Visit;
  kind: "wait" | "retry" | "timeout" | "callback";
  due?: number;
}

function matches(errors: string[] | undefined, error: string): boolean {
  return (errors ?? []).some((e) => e === error || (e === "States.ALL" && error !== "States.DataLimitExceeded" && error !== "States.Runtime") || (e === "States.TaskFailed" && error !== "States.Timeout"));
}

/** Milliseconds until the next try; undefined when there is none or it is drawn by lot. */
export function retryDelay(state: StateDefinition, failures: string[]): number | undefined {
  const last = failures.at(-1);
  if (last === undefined) return undefined;
  for (const retrier of state.Retry ?? []) {
    if (!matches(retrier.ErrorEquals, last)) continue;
    const used = failures.filter((f) => matches(retrier.ErrorEquals, f)).length;
    if (used > (retrier.MaxAttempts ?? 3) || (retrier as { JitterStrategy?: string }).JitterStrategy === "FULL") return undefined;
    const seconds = (retrier.IntervalSeconds ?? 1) * (retrier.BackoffRate ?? 2) ** (used - 1);
    return Math.min(seconds, retrier.MaxDelaySeconds ?? Infinity) * 1000;
  }
  return undefined;
}

/** What a plain path leads to: "$.a.b", or a JSONata expression that is no more than "$states.input.a.b". */
function reached(path: string, input: string | undefined): unknown {
  const found = /^\$((?:\.[\p{L}_][\p{L}\p{N}_]*)+)$/u.exec(path) ?? /^\{%\s*\$states\.input((?:\.[\p{L}_][\p{L}\p{N}_]*)+)\s*%\}$/u.exec(path);
  if (!found || input === undefined) return undefined;
  try {
    return found[1].slice(1).split(".").reduce<unknown>((value, name) => (typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined), JSON.parse(input));
  } catch {
    return undefined;
  }
}

/** A member of a Wait, as it is written or as its input gives it. */
function given(state: StateDefinition, member: "Seconds" | "Timestamp", input: string | undefined): unknown {
  const plain = state[member], path = state[`${member}Path`];
  if (typeof path === "string") return state.InputPath === undefined || state.InputPath === "$" ? reached(path, input) : undefined;
  return typeof plain === "string" && plain.startsWith("{%") ? reached(plain, input) : plain;
}

export function pending(model: Model, states: ReadonlyMap<string, StateDefinition>): Pending[] {
  if (model.status !== "running") return [];
  const out: Pending[] = [];
  for (const visit of model.visits) {
    if (visit.leftAt !== undefined) continue;
    const state = states.get(visit.name);
    if (!state) continue;
    if (visit.type === "Wait") {
      const seconds = given(state, "Seconds", visit.input), until = given(state, "Timestamp", visit.input);
      const at = typeof until === "string" ? Date.parse(until) : NaN;
      out.push({ visit, kind: "wait", due: typeof seconds === "number" ? (visit.resumed?.at ?? visit.enteredAt) + seconds * 1000 : Number.isFinite(at) ? at : undefined });
      continue;
    }
    // Of a redrive its own attempts count.
    const attempts = visit.attempts.slice(visit.resumed?.attempts ?? 0), last = attempts.at(-1);
    if (visit.type === "Task" && last) {
      if (last.endedAt !== undefined && last.status !== "succeeded") {
        const delay = retryDelay(state, attempts.map((a) => a.error ?? "States.Timeout"));
        out.push({ visit, kind: "retry", due: delay === undefined ? undefined : last.endedAt + delay });
      } else if (last.endedAt === undefined) {
        const timeout = typeof state.TimeoutSeconds === "number" ? last.scheduledAt + state.TimeoutSeconds * 1000 : undefined;
        if (String(state.Resource ?? "").endsWith(".waitForTaskToken")) out.push({ visit, kind: "callback", due: timeout });
        else if (timeout !== undefined) out.push({ visit, kind: "timeout", due: timeout });
      }
    }
  }
  return out;
}
