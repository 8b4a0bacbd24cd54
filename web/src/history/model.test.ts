import { expect, test } from "vitest";
import { holds, normalise, sought } from "./events";
import { lines, pairs } from "./diff";
import { linksOf } from "./links";
import { build, summarise } from "./model";
import { retryDelay } from "./pending";
import { rows } from "./rows";

// [type, previous, details]: ids count from 1, a millisecond apart.
type Short = [string, number, Record<string, unknown>?];
const history = (...list: Short[]) => list.map(([type, previousEventId, details], i) => ({ id: i + 1, previousEventId, timestamp: 1000 + i, type, details: details ?? {} }));

const caught = history(
  ["ExecutionStarted", 0, { input: "{}" }], ["TaskStateEntered", 0, { name: "Run", input: "{}" }], ["TaskScheduled", 2, { resourceType: "ecs", resource: "runTask.sync", parameters: "{}" }], ["TaskStarted", 3],
  ["TaskFailed", 4, { error: "States.TaskFailed", cause: "it broke" }], ["TaskStateExited", 5, { name: "Run", output: '{"Error":"x"}' }], ["PassStateEntered", 6, { name: "Tell", input: "1" }], ["PassStateExited", 7, { name: "Tell", output: "2" }],
  ["ExecutionSucceeded", 8, { output: "2" }],
);

test("a failure that is caught colours its state, not the execution", () => {
  const model = build(caught);
  expect(model.status).toBe("succeeded");
  expect(model.output).toBe("2");
  const [run, tell] = model.visits;
  expect([run.status, run.error, run.cause, run.attempts[0].resource]).toEqual(["caught", "States.TaskFailed", "it broke", "ecs:runTask.sync"]);
  expect([tell.status, tell.input, tell.output]).toEqual(["succeeded", "1", "2"]);
  expect(model.owner.get(9)).toBeUndefined();
});

test("a prefix of a history is the picture of that moment", () => {
  const model = build(caught.slice(0, 4));
  expect(model.status).toBe("running");
  expect(model.visits.map((v) => [v.name, v.status])).toEqual([["Run", "running"]]);
  expect(summarise(model).has("Tell")).toBe(false);
});

test("a retry is a second attempt, and success forgets the first's error", () => {
  const model = build(history(
    ["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "T" }], ["TaskScheduled", 2], ["TaskFailed", 3, { error: "E" }], ["TaskScheduled", 4], ["TaskSucceeded", 5, { output: "1" }], ["TaskStateExited", 6, { name: "T", output: "1" }],
  ));
  expect(model.visits[0].status).toBe("succeeded");
  expect(model.visits[0].attempts.map((a) => a.status)).toEqual(["failed", "succeeded"]);
  expect(model.visits[0].error).toBeUndefined();
});

test("iterations of a Map are scopes of their own, however they interleave", () => {
  const model = build(history(
    ["ExecutionStarted", 0], ["MapStateEntered", 0, { name: "M" }], ["MapStateStarted", 2, { length: 2 }],
    ["MapIterationStarted", 3, { name: "M", index: 0 }], ["PassStateEntered", 4, { name: "P", input: "0" }], ["MapIterationStarted", 3, { name: "M", index: 1 }], ["PassStateEntered", 6, { name: "P", input: "1" }],
    ["PassStateExited", 7, { name: "P", output: "b" }], ["MapIterationSucceeded", 8, { name: "M", index: 1 }], ["PassStateExited", 5, { name: "P", output: "a" }], ["MapIterationSucceeded", 10, { name: "M", index: 0 }],
    ["MapStateSucceeded", 11], ["MapStateExited", 12, { name: "M", output: "[]" }],
  ));
  const map = model.byName.get("M")![0];
  expect([map.status, map.length]).toEqual(["succeeded", 2]);
  expect(map.scopes.map((s) => [s.index, s.status])).toEqual([[0, "succeeded"], [1, "succeeded"]]);
  expect(model.byName.get("P")!.map((v) => [v.scope.index, v.output])).toEqual([[0, "a"], [1, "b"]]);
  const one = summarise(model, new Map([["M", map.scopes[1]]])).get("P")!;
  expect(one.visits.map((v) => v.output)).toEqual(["b"]);
  expect(rows(model, new Set()).map((r) => [r.depth, r.label])).toEqual([[0, "M"], [1, "#0"], [2, "P"], [1, "#1"], [2, "P"]]);
});

test("a branch that fails takes its siblings with it", () => {
  const model = build(history(
    ["ExecutionStarted", 0], ["ParallelStateEntered", 0, { name: "B" }], ["ParallelStateStarted", 2], ["WaitStateEntered", 3, { name: "L" }], ["TaskStateEntered", 3, { name: "R" }], ["TaskScheduled", 5], ["TaskFailed", 6, { error: "E" }],
    ["ParallelStateFailed", 7], ["ExecutionFailed", 8, { error: "E", cause: "c" }],
  ));
  expect(Object.fromEntries(model.visits.map((v) => [v.name, v.status]))).toEqual({ B: "failed", L: "aborted", R: "failed" });
  expect([model.status, model.error]).toEqual(["failed", "E"]);
});

test("a stopped execution leaves what ran as canceled", () => {
  const model = build(history(["ExecutionStarted", 0], ["WaitStateEntered", 0, { name: "W" }], ["ExecutionAborted", 0, { error: "me" }]));
  expect([model.status, model.visits[0].status]).toEqual(["aborted", "aborted"]);
});

test("events are read from the SDK, the push and a file alike", () => {
  const details = { name: "A" };
  for (const timestamp of [new Date(5000), 5, "1970-01-01T00:00:05.000Z"]) {
    expect(normalise({ id: 2, previousEventId: 1, timestamp, type: "PassStateEntered", stateEnteredEventDetails: details })).toEqual({ id: 2, previousEventId: 1, timestamp: 5000, type: "PassStateEntered", details });
  }
});

test("a text is found in a payload as it is written there, set out or not", () => {
  const details = { name: "Count", output: '{"n":2,"word":"Needle"}', outputDetails: { truncated: false } };
  for (const typed of ['"n":2', ' "n": 2 ', "needle", "COUNT", "false", "truncated"]) expect(holds(details, sought(typed))).toBe(true);
  for (const typed of ['"n":3', '\\"n', "absent"]) expect(holds(details, sought(typed))).toBe(false);
  expect(holds({ input: '{ "n": 2 }' }, sought('"n":2'))).toBe(true);
});

test("tasks lead to what they started", () => {
  const model = build(history(
    ["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "T" }], ["TaskScheduled", 2, { resourceType: "ecs", resource: "runTask.sync", parameters: "{}" }],
    ["TaskSubmitted", 3, { output: '{"Tasks":[{"TaskArn":"arn:aws:ecs:us-east-1:0:task/c/abc"}]}' }],
  ));
  expect(linksOf(model.visits[0]).ecsTask).toEqual({ arn: "arn:aws:ecs:us-east-1:0:task/c/abc", cluster: "c", id: "abc" });
});

test("the pause before a retry follows the retrier", () => {
  const state = { Retry: [{ ErrorEquals: ["E"], IntervalSeconds: 2, BackoffRate: 3, MaxAttempts: 2, MaxDelaySeconds: 5 }] };
  expect([retryDelay(state, ["E"]), retryDelay(state, ["E", "E"]), retryDelay(state, ["E", "E", "E"]), retryDelay(state, ["F"])]).toEqual([2000, 5000, undefined, undefined]);
});

test("two executions are paired visit by visit", () => {
  const other = build(caught.slice(0, 4));
  expect(pairs(build(caught), other).map((p) => [p.name, Boolean(p.b), p.same.status])).toEqual([["Run", true, false], ["Tell", false, false]]);
  expect(lines("a\nb\nc", "a\nx\nc").map((l) => `${l.kind} ${l.text}`)).toEqual(["same a", "removed b", "added x", "same c"]);
});

test("25,000 events are a model in well under a second", () => {
  const list: Short[] = [["ExecutionStarted", 0]];
  for (let i = 1; i < 25_000; i += 2) list.push(["PassStateEntered", i, { name: `S${i % 50}` }], ["PassStateExited", i + 1, { name: `S${i % 50}` }]);
  const begun = performance.now();
  expect(build(history(...list)).visits.length).toBe(12_500);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

const byName = (list: ReturnType<typeof history>) => Object.fromEntries(build(list).visits.map((v) => [v.name, v]));

test("a redrive takes up the task that had failed: one visit, tried again", () => {
  const failed: Short[] = [["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "T", input: "1" }], ["TaskScheduled", 2, { resourceType: "sqs", resource: "x" }], ["TaskFailed", 3, { error: "E" }], ["ExecutionFailed", 4, { error: "E" }], ["ExecutionRedriven", 5]];
  expect(byName(history(...failed)).T).toMatchObject({ status: "running", leftAt: undefined, error: undefined });
  const on: Short[] = [...failed, ["TaskScheduled", 6, { resourceType: "sqs", resource: "x" }]];
  expect(byName(history(...on)).T.attempts.map((a) => a.status)).toEqual(["failed", "running"]);
  const done = build(history(...on, ["TaskSucceeded", 7, { output: "2" }], ["TaskStateExited", 8, { name: "T", output: "2" }], ["ExecutionSucceeded", 9, { output: "2" }]));
  expect([done.status, done.redrives, done.visits.length, done.visits[0].status, done.visits[0].output]).toEqual(["succeeded", 1, 1, "succeeded", "2"]);
});

test("of a Parallel a redrive takes up the branches that had not ended, and each task finds its own", () => {
  const list: Short[] = [
    ["ExecutionStarted", 0], ["ParallelStateEntered", 0, { name: "P" }], ["ParallelStateStarted", 2], ["PassStateEntered", 3, { name: "Good" }], ["PassStateExited", 4, { name: "Good" }],
    ["TaskStateEntered", 3, { name: "One" }], ["TaskScheduled", 6, { resourceType: "sqs", resource: "a" }], ["TaskStateEntered", 3, { name: "Two" }], ["TaskScheduled", 8, { resourceType: "sqs", resource: "b" }],
    ["WaitStateEntered", 3, { name: "Waits" }], ["TaskFailed", 7, { error: "E" }], ["TaskStateAborted", 9], ["WaitStateAborted", 10], ["ParallelStateFailed", 11], ["ExecutionFailed", 14, { error: "E" }], ["ExecutionRedriven", 15],
  ];
  const again = byName(history(...list));
  expect(["P", "Good", "One", "Two", "Waits"].map((n) => again[n].status)).toEqual(["running", "succeeded", "running", "running", "running"]);
  const later = build(history(...list, ["TaskScheduled", 16, { resourceType: "sqs", resource: "b" }], ["TaskScheduled", 16, { resourceType: "sqs", resource: "a" }], ["TaskFailed", 17, { error: "Late" }], ["WaitStateExited", 16, { name: "Waits" }]));
  const at = (name: string) => later.visits.find((v) => v.name === name)!;
  expect([at("One").attempts.length, at("Two").attempts.length, at("Two").error, at("One").error, at("Waits").status]).toEqual([2, 2, "Late", undefined, "succeeded"]);
  expect(at("P").scopes.map((s) => s.status)).toEqual(["aborted", "running", "running", "running"]);
});

test("of a Map it takes up the iterations that had failed", () => {
  const list: Short[] = [
    ["ExecutionStarted", 0], ["MapStateEntered", 0, { name: "M" }], ["MapStateStarted", 2], ["MapIterationStarted", 3, { name: "M", index: 0 }], ["PassStateEntered", 4, { name: "A" }], ["PassStateExited", 5, { name: "A" }], ["MapIterationSucceeded", 6, { name: "M", index: 0 }],
    ["MapIterationStarted", 3, { name: "M", index: 1 }], ["TaskStateEntered", 8, { name: "T" }], ["TaskScheduled", 9, { resource: "x" }], ["TaskFailed", 10, { error: "E" }], ["MapIterationFailed", 11, { name: "M", index: 1 }], ["MapStateFailed", 11], ["ExecutionFailed", 13], ["ExecutionRedriven", 14],
  ];
  expect(byName(history(...list)).M.scopes.map((s) => s.status)).toEqual(["succeeded", "running"]);
  const done = byName(history(...list, ["TaskScheduled", 15, { resource: "x" }], ["TaskSucceeded", 16], ["TaskStateExited", 17, { name: "T" }], ["MapIterationSucceeded", 18, { name: "M", index: 1 }], ["MapStateSucceeded", 19], ["MapStateExited", 19, { name: "M" }]));
  expect([done.T.status, done.M.status, ...done.M.scopes.map((s) => s.status)]).toEqual(["succeeded", "succeeded", "succeeded", "succeeded"]);
});

test("a state that a redrive enters anew, as a Fail is, has a visit of its own", () => {
  const fail = build(history(["ExecutionStarted", 0], ["FailStateEntered", 0, { name: "Z" }], ["ExecutionFailed", 2, { error: "x" }], ["ExecutionRedriven", 3], ["FailStateEntered", 4, { name: "Z" }], ["ExecutionFailed", 5, { error: "x" }]));
  expect(fail.visits.map((v) => v.status)).toEqual(["failed", "failed"]);
  const task = build(history(["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "T" }], ["TaskScheduled", 2, { resource: "x" }], ["TaskFailed", 3, { error: "E" }], ["ExecutionFailed", 4, { error: "E" }], ["ExecutionRedriven", 5], ["TaskStateEntered", 6, { name: "T" }], ["TaskScheduled", 7, { resource: "x" }]));
  expect(task.visits.map((v) => [v.status, v.attempts.length])).toEqual([["failed", 1], ["running", 1]]);
});
