import { expect, test } from "vitest";
import { nextMoment, stride } from "./replay";

const events = (...types: string[]) => types.map((type, i) => ({ id: i + 1, previousEventId: i, timestamp: i, type, details: {} }));
const history = events("ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "TaskScheduled", "TaskSucceeded", "TaskStateExited", "ExecutionSucceeded");

test("a replay goes from state to state and stops where something failed", () => {
  const forward = [1], back = [history.length];
  while (forward.at(-1)! < history.length) forward.push(nextMoment(history, forward.at(-1)!, 1));
  while (back.at(-1)! > 1) back.push(nextMoment(history, back.at(-1)!, -1));
  expect(forward).toEqual([1, 2, 5, 8, 9]);
  expect(back).toEqual([9, 8, 5, 2, 1]);
});

test("behind the end there is the end, and nothing of nothing", () => {
  expect(nextMoment(history, 9, 1)).toBe(9);
  expect(nextMoment([], 0, 1)).toBe(0);
  expect(nextMoment([], 0, -1)).toBe(0);
});

test("a long history is gone through in larger steps", () => {
  expect(stride(history)).toBe(1);
  expect(stride(events(...Array.from({ length: 25_000 }, () => "PassStateEntered")))).toBe(84);
});
