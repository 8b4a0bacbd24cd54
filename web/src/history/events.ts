// History events in one form, wherever they come from: the SDK (dates), the server's own stream (seconds), or a file that
// `aws stepfunctions get-execution-history` wrote (ISO text).

export interface HistoryEvent {
  id: number;
  previousEventId: number;
  timestamp: number; // milliseconds
  type: string;
  /** The event's detail object, whatever its member is called. */
  details: Record<string, unknown>;
}

function milliseconds(value: unknown): number {
  if (value instanceof Date) return value.getTime();
  if (typeof value === "number") return value < 1e11 ? Math.round(value * 1000) : value;
  if (typeof value === "string") {
    const number = Number(value);
    return Number.isFinite(number) ? milliseconds(number) : Date.parse(value);
  }
  return NaN;
}

export function normalise(raw: unknown): HistoryEvent {
  const event = raw as Record<string, unknown>;
  if (typeof event !== "object" || event === null || typeof event.type !== "string" || typeof event.id !== "number") {
    throw new Error("this is not a history event: it has no id and type");
  }
  const timestamp = milliseconds(event.timestamp);
  if (!Number.isFinite(timestamp)) throw new Error(`event ${event.id} has no timestamp`);
  let details: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(event)) {
    if (name.endsWith("EventDetails") && value && typeof value === "object") details = value as Record<string, unknown>;
  }
  return { id: event.id, previousEventId: typeof event.previousEventId === "number" ? event.previousEventId : 0, timestamp, type: event.type, details };
}

export const text = (event: HistoryEvent, member: string): string | undefined => {
  const value = event.details[member];
  return typeof value === "string" ? value : undefined;
};

/** What is looked for, as `holds` takes it: a piece of set-out JSON fits its compact text too. */
export const sought = (typed: string) => typed.trim().toLowerCase().replace(/":\s+/g, '":');

/** Whether a text is anywhere in an event's details; payloads are JSON in a text, and are looked at as that text. */
export function holds(value: unknown, wanted: string, depth = 0): boolean {
  if (typeof value === "string") {
    const text = value.toLowerCase();
    return text.includes(wanted) || (wanted.includes('":') && text.replace(/":\s+/g, '":').includes(wanted));
  }
  if (typeof value !== "object" || value === null) return String(value).includes(wanted);
  return depth < 8 && Object.entries(value).some(([name, v]) => name.toLowerCase().includes(wanted) || holds(v, wanted, depth + 1));
}

/** How an event's outcome is coloured: by the end of its name. */
export type Tone = "good" | "bad" | "running" | "plain" | "stopped";
export function tone(type: string): Tone {
  if (/(Failed|TimedOut)$/.test(type)) return "bad";
  if (/Aborted$/.test(type)) return "stopped";
  if (/(Succeeded|Exited)$/.test(type)) return "good";
  if (/(Scheduled|Started|Submitted|Redriven)$/.test(type)) return "running";
  return "plain";
}
