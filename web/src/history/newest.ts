// The executions that fit a filter, newest first, out of lists that AWS gives by one status at a time and without any time:
// the lists of the statuses are merged as they are read. Pure: `ask` reads.

/** What is looked for. No status stands for all of them. */
export interface Wanted {
  statuses: string[];
  /** Milliseconds since 1970: the first and the last moment that an execution may have started at. */
  from?: number;
  to?: number;
}

export interface Listed {
  executionArn?: string;
  startDate?: Date;
}

interface Reading<T> {
  status?: string;
  token?: string;
  read: boolean; // to its end
  rest: T[]; // what was read and not given out
}

/** Where the next page goes on. */
export type Cursor<T> = ReadonlyArray<Reading<T>>;

export interface PageOf<T> {
  items: T[];
  /** How many were looked at. */
  looked: number;
  next?: Cursor<T>;
}

type Ask<T> = (status: string | undefined, token: string | undefined, size: number) => Promise<{ executions: T[]; nextToken?: string }>;

const startOf = (e: Listed) => (e.startDate ? new Date(e.startDate).getTime() : 0);
const questionsMax = 10;

/** One page: `size` of them, or as many as the bound of questions brings to light. */
export async function newest<T extends Listed>(ask: Ask<T>, wanted: Wanted, size: number, cursor?: Cursor<T>): Promise<PageOf<T>> {
  const lists: Reading<T>[] = (cursor ?? (wanted.statuses.length ? wanted.statuses.map((status) => ({ status, read: false, rest: [] })) : [{ read: false, rest: [] }])).map((l) => ({ ...l, rest: [...l.rest] }));
  const items: T[] = [];
  let looked = 0, questions = 0;
  // What is skipped is skipped in large steps.
  let step = size;
  for (;;) {
    for (const list of lists) {
      while (!list.read && list.rest.length === 0 && questions < Math.max(questionsMax, lists.length)) {
        ++questions;
        const page = await ask(list.status, list.token, step);
        looked += page.executions.length;
        list.token = page.nextToken;
        list.read = !page.nextToken;
        // Newest first: behind one that is too early there are only such.
        const early = wanted.from === undefined ? -1 : page.executions.findIndex((e) => startOf(e) < wanted.from!);
        if (early >= 0) list.read = true;
        list.rest = page.executions.filter((e, i) => (early < 0 || i < early) && (wanted.to === undefined || startOf(e) <= wanted.to));
        if (list.rest.length === 0) step = 1000;
      }
    }
    const open = lists.filter((l) => l.rest.length > 0 || !l.read);
    // One that could not be read on may hold a newer one than all others.
    if (open.length === 0 || items.length >= size || open.some((l) => l.rest.length === 0)) return { items, looked, next: open.length ? open : undefined };
    const first = open.reduce((a, b) => (startOf(b.rest[0]) > startOf(a.rest[0]) ? b : a));
    items.push(first.rest.shift()!);
  }
}
