import { expect, test } from "vitest";
import { newest, type Cursor } from "./newest";

interface One { executionArn: string; startDate: Date; status: string }
// One a second, of three statuses in turn; the list is newest first.
const all: One[] = Array.from({ length: 3000 }, (_, i) => ({ executionArn: String(i), startDate: new Date(i * 1000), status: ["A", "B", "C"][i % 3] })).reverse();
let questions: number[] = [];
const ask = async (status: string | undefined, token: string | undefined, size: number) => {
  questions.push(size);
  const list = all.filter((e) => !status || e.status === status), at = Number(token ?? 0);
  return { executions: list.slice(at, at + size), nextToken: at + size < list.length ? String(at + size) : undefined };
};
const names = (items: One[]) => items.map((e) => Number(e.executionArn));

test("lists of several statuses come out as one, newest first, nothing twice and nothing left out", async () => {
  let cursor: Cursor<One> | undefined;
  const found: number[] = [];
  do {
    const page = await newest(ask, { statuses: ["A", "C"] }, 70, cursor);
    found.push(...names(page.items));
    cursor = page.next;
  } while (cursor);
  expect(found).toEqual(all.filter((e) => e.status !== "B").map((e) => Number(e.executionArn)));
});

test("a span of time ends where it begins, and what is younger is skipped in large steps", async () => {
  questions = [];
  const page = await newest(ask, { statuses: [], from: 500_000, to: 520_000 }, 100);
  expect(names(page.items)).toEqual(Array.from({ length: 21 }, (_, i) => 520 - i));
  expect(page.next).toBeUndefined();
  expect(questions).toEqual([100, 1000, 1000, 1000]);
  expect((await newest(ask, { statuses: ["B"], from: 2_990_000 }, 100)).items).toHaveLength(3);
});

test("what lies far back is asked for in several goes, each of which goes on where the last one ended", async () => {
  const many: One[] = Array.from({ length: 20_000 }, (_, i) => ({ executionArn: String(i), startDate: new Date(i * 1000), status: "A" })).reverse();
  const far = async (_: string | undefined, token: string | undefined, size: number) => ({ executions: many.slice(Number(token ?? 0), Number(token ?? 0) + size), nextToken: Number(token ?? 0) + size < many.length ? String(Number(token ?? 0) + size) : undefined });
  const first = await newest(far, { statuses: [], to: 5_000 }, 100);
  expect([first.items.length, first.looked, first.next !== undefined]).toEqual([0, 9_100, true]);
  const second = await newest(far, { statuses: [], to: 5_000 }, 100, first.next);
  const third = await newest(far, { statuses: [], to: 5_000 }, 100, second.next);
  expect([...second.items, ...third.items].map((e) => e.executionArn)).toEqual(["5", "4", "3", "2", "1", "0"]);
  expect(third.next).toBeUndefined();
});
