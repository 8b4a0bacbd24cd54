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

/** Reads what `aws stepfunctions get-execution-history` printed: {"events": [...]}, or the list alone. Any order. */
export function parseExport(text: string): HistoryEvent[] {
  const document: unknown = JSON.parse(text);
  const list = Array.isArray(document) ? document : (document as { events?: unknown }).events;
  if (!Array.isArray(list)) throw new Error('the file has no "events": is it what get-execution-history printed?');
  const events = list.map(normalise).sort((a, b) => a.id - b.id);
  if (events.length === 0) throw new Error("the file has no events in it");
  if (events[0].id !== 1) throw new Error(`the history begins with event ${events[0].id}: all its pages are needed`);
  return events;
}

export const text = (event: HistoryEvent, member: string): string | undefined => {
  const value = event.details[member];
  return typeof value === "string" ? value : undefined;
};

/** How an event's outcome is coloured: by the end of its name. */
export type Tone = "good" | "bad" | "running" | "plain" | "stopped";
export function tone(type: string): Tone {
  if (/(Failed|TimedOut)$/.test(type)) return "bad";
  if (/Aborted$/.test(type)) return "stopped";
  if (/(Succeeded|Exited)$/.test(type)) return "good";
  if (/(Scheduled|Started|Submitted|Redriven)$/.test(type)) return "running";
  return "plain";
}
