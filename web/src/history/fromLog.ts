// Express executions out of what they logged: each line is an event with its execution's ARN.

export interface Logged {
  arn: string;
  id: string; // its name, and what tells apart two of the same name
  status: string;
  startedAt?: number;
  endedAt?: number;
  error?: string;
}

const ends: Record<string, string> = { ExecutionSucceeded: "SUCCEEDED", ExecutionFailed: "FAILED", ExecutionTimedOut: "TIMED_OUT", ExecutionAborted: "ABORTED" };

/** The executions of one state machine; lines that are something else are passed over. */
export function fromLog(lines: readonly string[], stateMachineArn: string): Logged[] {
  const machine = stateMachineArn.split(":").at(-1);
  const found = new Map<string, Logged>();
  for (const line of lines) {
    let event: { type?: unknown; execution_arn?: unknown; event_timestamp?: unknown; details?: { error?: unknown } };
    try {
      event = JSON.parse(line) as typeof event;
    } catch {
      continue;
    }
    if (typeof event?.execution_arn !== "string" || typeof event.type !== "string") continue;
    const parts = event.execution_arn.split(":"); // arn:aws:states:region:account:express:machine:name:id
    if (parts[5] !== "express" || parts[6] !== machine) continue;
    let one = found.get(event.execution_arn);
    if (!one) found.set(event.execution_arn, (one = { arn: event.execution_arn, id: parts[7] ?? event.execution_arn, status: "RUNNING" }));
    const at = Number(event.event_timestamp);
    if (event.type === "ExecutionStarted") one.startedAt = at;
    if (ends[event.type]) {
      one.status = ends[event.type];
      one.endedAt = at;
      if (typeof event.details?.error === "string") one.error = event.details.error;
    }
  }
  return [...found.values()];
}
