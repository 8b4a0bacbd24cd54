import { expect, test } from "vitest";
import type { StateDefinition } from "../asl/definition";
import { build } from "./model";
import { pending, retryDelay } from "./pending";

type Short = [string, number, Record<string, unknown>?];
const model = (...list: Short[]) => build(list.map(([type, previousEventId, details], i) => ({ id: i + 1, previousEventId, timestamp: 1000 + i, type, details: details ?? {} })));
const waiting = (state: StateDefinition, input: unknown) => pending(model(["ExecutionStarted", 0], ["WaitStateEntered", 0, { name: "W", input: JSON.stringify(input) }]), new Map([["W", state]]))[0];

test("a Wait's end is known where it is written, or where its input has it under a plain path", () => {
  expect(waiting({ Type: "Wait", Seconds: 7 }, {}).due).toBe(8001);
  expect(waiting({ Type: "Wait", SecondsPath: "$.for.seconds" }, { for: { seconds: 7 } }).due).toBe(8001);
  expect(waiting({ Type: "Wait", Seconds: "{% $states.input.n %}" } as StateDefinition, { n: 7 }).due).toBe(8001);
  expect(waiting({ Type: "Wait", Timestamp: "1970-01-01T00:00:05Z" }, {}).due).toBe(5000);
  expect(waiting({ Type: "Wait", TimestampPath: "$.t" }, { t: "1970-01-01T00:00:05Z" }).due).toBe(5000);
});

test("what only an expression knows is not guessed", () => {
  for (const state of [{ Seconds: "{% $states.input.n * 2 %}" }, { SecondsPath: "$.n", InputPath: "$.x" }, { SecondsPath: "$.toString" }, { SecondsPath: "$[0]" }, { TimestampPath: "$.n" }]) {
    expect(waiting({ Type: "Wait", ...state } as StateDefinition, { n: 7 })).toMatchObject({ kind: "wait", due: undefined });
  }
});

test("the next try of a task is due after its retrier's pause", () => {
  const failed = model(["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "T" }], ["TaskScheduled", 2, { resourceType: "ecs", resource: "runTask" }], ["TaskFailed", 3, { error: "Busy" }]);
  const state: StateDefinition = { Type: "Task", Retry: [{ ErrorEquals: ["Busy"], IntervalSeconds: 30, BackoffRate: 2 }] };
  expect(pending(failed, new Map([["T", state]]))[0]).toMatchObject({ kind: "retry", due: 31_003 });
  expect(retryDelay(state, ["Busy", "Busy"])).toBe(60_000);
});
