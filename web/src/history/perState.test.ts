import { expect, test } from "vitest";
import { build } from "./model";
import { percentile, perState } from "./perState";

const run = (arn: string, ms: number, fails = false) => ({
  arn, name: arn, status: (fails ? "failed" : "succeeded") as "failed" | "succeeded",
  model: build([
    { id: 1, previousEventId: 0, timestamp: 0, type: "ExecutionStarted", details: {} }, { id: 2, previousEventId: 0, timestamp: 0, type: "TaskStateEntered", details: { name: "A" } }, { id: 3, previousEventId: 2, timestamp: 0, type: "TaskScheduled", details: {} },
    ...(fails ? [{ id: 4, previousEventId: 3, timestamp: ms, type: "TaskFailed", details: { error: "E" } }, { id: 5, previousEventId: 4, timestamp: ms, type: "ExecutionFailed", details: { error: "E" } }]
      : [{ id: 4, previousEventId: 3, timestamp: ms, type: "TaskSucceeded", details: {} }, { id: 5, previousEventId: 4, timestamp: ms, type: "TaskStateExited", details: { name: "A" } }, { id: 6, previousEventId: 5, timestamp: ms, type: "ExecutionSucceeded", details: {} }]),
  ]),
});

test("times and ends are told by state, runs by cell, in the definition's order", () => {
  const [b, a] = perState([run("1", 10), run("2", 30, true), run("3", 20)], ["B", "A"]);
  expect([a.name, a.visits, a.failed, a.p50, a.p95]).toEqual(["A", 3, 1, 20, 30]);
  expect(a.cells).toEqual([{ status: "succeeded", duration: 10 }, { status: "failed", duration: 30 }, { status: "succeeded", duration: 20 }]);
  expect([b.visits, b.p50, b.cells]).toEqual([0, undefined, [undefined, undefined, undefined]]);
});

test("a percentile is one of the values", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect([percentile(hundred, 0.5), percentile(hundred, 0.95), percentile([7], 0.95), percentile([], 0.5)]).toEqual([50, 95, 7, undefined]);
});
