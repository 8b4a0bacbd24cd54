// The end of a log, and what comes behind it: pages that follow one ask for what is new, not for everything each time.
import { DescribeLogStreamsCommand, FilterLogEventsCommand, GetLogEventsCommand, type FilteredLogEvent } from "@aws-sdk/client-cloudwatch-logs";
import { logs } from "./logs";

/** As many lines as a page keeps: older ones are in the log, not on the screen. */
const kept = 2_000;
/** Up to so many a log is read as a whole each time, so that a line is seen however late it comes. */
const few = 500;
/** Lines of several writers come in another order than they were written in, by so much. */
const overlapMs = 5_000;

export interface Found {
  id: string;
  at: number;
  text: string;
}
export interface Tail {
  lines: Found[];
  whole: boolean; // nothing came before these
}
interface Which {
  group: string;
  stream?: string;
  pattern?: string;
}

const found = (e: FilteredLogEvent): Found => ({ id: e.eventId ?? "", at: e.timestamp ?? 0, text: e.message ?? "" });

async function filter(which: Which, from: number | undefined, most: number, abortSignal: AbortSignal): Promise<{ lines: Found[]; more: boolean }> {
  let lines: Found[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < 20; ++page) {
    const answer = await logs().send(
      new FilterLogEventsCommand({ logGroupName: which.group, logStreamNames: which.stream ? [which.stream] : undefined, filterPattern: which.pattern || undefined, startTime: from, limit: most, nextToken }), { abortSignal },
    );
    lines = [...lines, ...(answer.events ?? []).map(found)].slice(-kept);
    nextToken = answer.nextToken;
    // Of everything the beginning is enough to see that it is too much.
    if (!nextToken || from === undefined) break;
  }
  return { lines, more: nextToken !== undefined };
}

/** The last lines of a log group, or of one of its streams. */
export async function tailOf(which: Which, abortSignal: AbortSignal, before?: Tail): Promise<Tail> {
  if (before && before.lines.length > few) {
    const { lines } = await filter(which, before.lines.at(-1)!.at - overlapMs, kept, abortSignal);
    const known = new Set(before.lines.map((line) => line.id));
    const fresh = lines.filter((line) => !known.has(line.id));
    if (fresh.length === 0) return before;
    const all = [...before.lines, ...fresh].sort((a, b) => a.at - b.at);
    return { lines: all.slice(-kept), whole: before.whole && all.length <= kept };
  }
  const all = await filter(which, undefined, few + 1, abortSignal);
  if (!all.more) return { lines: all.lines, whole: true };
  // There is much: its end is looked for backwards, from when something came last.
  const streams = await logs().send(new DescribeLogStreamsCommand({ logGroupName: which.group, orderBy: "LastEventTime", descending: true, limit: 1 }), { abortSignal });
  const last = streams.logStreams?.[0]?.lastEventTimestamp ?? Date.now();
  for (const spanMs of [10_000, 600_000, 36_000_000]) {
    const some = await filter(which, last - spanMs, kept, abortSignal);
    if (some.lines.length > few) return { lines: some.lines, whole: false };
  }
  return { lines: (await filter(which, 0, kept, abortSignal)).lines, whole: false };
}

export interface StreamTail {
  lines: Array<{ at?: number; text: string }>;
  next: string; // where it goes on
}

/** The last lines of one stream, to which one writer writes: only what is new is asked for. */
export async function streamTail(group: string, stream: string, abortSignal: AbortSignal, before?: StreamTail): Promise<StreamTail> {
  let { lines, next } = before ?? { lines: [], next: "" };
  for (;;) {
    const answer = await logs().send(new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, limit: kept, startFromHead: next ? true : undefined, nextToken: next || undefined }), { abortSignal });
    const more = (answer.events ?? []).map((e) => ({ at: e.timestamp, text: e.message ?? "" }));
    if (more.length > 0) lines = [...lines, ...more].slice(-kept);
    next = answer.nextForwardToken ?? next;
    // An answer is full with so many lines, or with a megabyte.
    if (more.length < kept && more.reduce((sum, line) => sum + line.text.length, 0) < 250_000) return { lines, next };
  }
}
