import { expect, test } from "vitest";
import { build } from "./model";
import { alike, hasMore, question, resultOf, stages, variablesBefore } from "./stages";

type Short = [string, number, Record<string, unknown>?];
const history = (...list: Short[]) => build(list.map(([type, previousEventId, details], i) => ({ id: i + 1, previousEventId, timestamp: 1000 + i, type, details: details ?? {} })));
const facts = { executionArn: "arn:e", name: "e", roleArn: "arn:r", machineArn: "arn:m", machineName: "m" };

const task = { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", InputPath: "$.a", Parameters: { "q.$": "$.q" }, ResultSelector: { "id.$": "$.MessageId" }, ResultPath: "$.sent", End: true };
const told = history(
  ["ExecutionStarted", 0, { input: '{"a":{"q":1}}' }], ["TaskStateEntered", 0, { name: "T", input: '{"a":{"q":1}}' }], ["TaskScheduled", 2, { resourceType: "sqs", resource: "sendMessage", parameters: '{"q":1}' }],
  ["TaskSucceeded", 3, { output: '{"MessageId":"m","More":true}' }], ["TaskStateExited", 4, { name: "T", output: '{"a":{"q":1},"sent":{"id":"m"}}' }], ["ExecutionSucceeded", 5, {}],
);

test("what the history tells is shown as it is, what lies between as it was computed, and what stays the same is said to", () => {
  const [visit] = told.visits;
  const asked = question(told, visit, task, "JSONPath", facts);
  expect(JSON.parse(asked.mock!.result!)).toEqual({ MessageId: "m", More: true });
  expect(JSON.parse(asked.context!)).toMatchObject({ Execution: { Id: "arn:e", Input: { a: { q: 1 } } }, State: { Name: "T" } });
  const answer = { status: "SUCCEEDED", output: '{"sent":{"id":"m"}, "a":{"q":1}}', inspectionData: { afterInputPath: '{"q": 1}', afterParameters: '{"q": 99}', afterResultSelector: '{"id": "m"}', afterResultPath: '{"a":{"q":1},"sent":{"id":"m"}}' } };
  const { stages: list, differs } = stages(told, visit, task, "JSONPath", answer);
  expect(differs).toBe(false);
  expect(list.map((s) => [s.label, s.told, s.same])).toEqual([
    ["Input", true, false], ["After InputPath", false, false], ["After Parameters: what the task was given", true, true], ["Task result", true, false],
    ["After ResultSelector", false, false], ["After ResultPath", false, false], ["Output", true, true],
  ]);
  expect(list[2].value).toBe('{"q":1}');
  expect(list[4].field).toContain("$.MessageId");
  // Before the answer comes the history's own are there.
  expect(stages(told, visit, task, "JSONPath", undefined).stages.map((s) => s.label)).toEqual(["Input", "After Parameters: what the task was given", "Task result", "Output"]);
  expect(stages(told, visit, task, "JSONPath", { ...answer, output: "1" }).differs).toBe(true);
});

test("a task that runs is asked about without showing what would come of a result", () => {
  const running = history(["ExecutionStarted", 0, { input: "{}" }], ["TaskStateEntered", 0, { name: "T", input: '{"a":{"q":1}}' }], ["TaskScheduled", 2, { parameters: '{"q":1}' }]);
  const asked = question(running, running.visits[0], task, "JSONPath", facts);
  expect(asked.mock).toEqual({ result: "{}", fieldValidationMode: "NONE" });
  const { stages: list, differs } = stages(running, running.visits[0], task, "JSONPath", { output: "{}", inspectionData: { afterInputPath: '{"q": 1}', afterResultPath: "{}", afterResultSelector: "{}" } });
  expect(list.map((s) => s.label)).toEqual(["Input", "After InputPath", "After Parameters: what the task was given"]);
  expect(differs).toBe(false);
});

test("a caught error is given as the mock, after its retries", () => {
  const state = { ...task, Retry: [{ ErrorEquals: ["States.ALL"], MaxAttempts: 1 }], Catch: [{ ErrorEquals: ["Other"], Next: "X" }, { ErrorEquals: ["States.ALL"], Next: "Y", ResultPath: "$.e" }] };
  const model = history(
    ["ExecutionStarted", 0], ["TaskStateEntered", 0, { name: "T", input: "{}" }], ["TaskScheduled", 2, { parameters: "{}" }], ["TaskFailed", 3, { error: "E", cause: "c" }], ["TaskScheduled", 4, { parameters: "{}" }], ["TaskFailed", 5, { error: "E", cause: "c" }],
    ["TaskStateExited", 6, { name: "T", output: '{"e":{"Error":"E","Cause":"c"}}' }],
  );
  const asked = question(model, model.visits[0], state, "JSONPath", facts);
  expect(asked.mock).toEqual({ errorOutput: { error: "E", cause: "c" } });
  expect(asked.stateConfiguration!.retrierRetryCount).toBeGreaterThan(1);
  const { stages: list } = stages(model, model.visits[0], state, "JSONPath", { status: "CAUGHT_ERROR", output: '{"e":{"Error":"E","Cause":"c"}}', inspectionData: { afterInputPath: "{}", errorDetails: { catchIndex: 1 } } });
  expect(list.map((s) => s.label)).toEqual(["Input", "After InputPath", "After Parameters: what the task was given", "Error", "Output"]);
  expect(list.at(-1)!.field).toContain('"$.e"');
});

test("variables are those of the scopes around, as they were when the state was entered", () => {
  const set = (a: Record<string, string>) => ({ assignedVariables: a, output: "{}" });
  const model = history(
    ["ExecutionStarted", 0], ["PassStateEntered", 0, { name: "A" }], ["PassStateExited", 2, { name: "A", ...set({ x: "1", big: "12345678901234567890" }) }], ["MapStateEntered", 3, { name: "M" }], ["MapStateStarted", 4, { length: 2 }],
    ["MapIterationStarted", 5, { name: "M", index: 0 }], ["PassStateEntered", 6, { name: "P" }], ["PassStateExited", 7, { name: "P", ...set({ x: '"inner"' }) }], ["PassStateEntered", 8, { name: "Q" }], ["PassStateExited", 9, { name: "Q", output: '"q0"' }], ["MapIterationSucceeded", 10, { name: "M", index: 0 }],
    ["MapIterationStarted", 5, { name: "M", index: 1 }], ["PassStateEntered", 12, { name: "P" }], ["PassStateExited", 13, { name: "P", ...set({ y: "[]" }) }], ["PassStateEntered", 14, { name: "Q" }], ["PassStateExited", 15, { name: "Q", output: '"q1"' }], ["MapIterationSucceeded", 16, { name: "M", index: 1 }],
    ["MapStateSucceeded", 17], ["MapStateExited", 18, { name: "M", ...set({ x: "2" }) }], ["PassStateEntered", 19, { name: "Z" }],
  );
  const of = (name: string, i = 0) => variablesBefore(model, model.byName.get(name)![i]);
  expect(of("A")).toBeUndefined();
  expect(of("P")).toBe('{"x":1,"big":12345678901234567890}');
  expect(of("Q", 0)).toBe('{"x":"inner","big":12345678901234567890}');
  expect(of("Q", 1)).toBe('{"x":1,"big":12345678901234567890,"y":[]}');
  expect(of("Z")).toBe('{"x":2,"big":12345678901234567890}');
  expect(resultOf(model, model.byName.get("M")![0], { Type: "Map" })).toBe('["q0","q1"]');
});

test("the branches' results stand in the definition's order", () => {
  const model = history(
    ["ExecutionStarted", 0], ["ParallelStateEntered", 0, { name: "B", input: "{}" }], ["ParallelStateStarted", 2], ["PassStateEntered", 3, { name: "R" }], ["PassStateEntered", 3, { name: "L" }],
    ["PassStateExited", 5, { name: "L", output: '"l"' }], ["PassStateExited", 4, { name: "R", output: '"r"' }], ["ParallelStateSucceeded", 7], ["ParallelStateExited", 8, { name: "B", output: "[]" }],
  );
  const state = { Type: "Parallel", Branches: [{ StartAt: "L", States: {} }, { StartAt: "R", States: {} }], ResultSelector: {} };
  expect(resultOf(model, model.visits[0], state)).toBe('["l","r"]');
  expect(question(model, model.visits[0], state, "JSONPath", facts).mock).toEqual({ result: '["l","r"]' });
});

test("a state that calls nothing is asked as it is; where it reads the context object, as a task that calls nothing either", () => {
  const model = history(["ExecutionStarted", 0, { input: "{}" }], ["PassStateEntered", 0, { name: "P", input: "{}" }], ["PassStateExited", 2, { name: "P", output: "{}" }]);
  const plain = { Type: "Pass", Parameters: { "a.$": "$.b" }, End: true };
  expect(question(model, model.visits[0], plain, "JSONPath", facts)).toMatchObject({ definition: JSON.stringify({ ...plain, QueryLanguage: "JSONPath" }) });
  expect(question(model, model.visits[0], plain, "JSONPath", facts).context).toBeUndefined();
  const asked = question(model, model.visits[0], { ...plain, Parameters: { "id.$": "$$.Execution.Id" } }, "JSONPath", facts, "7");
  expect(JSON.parse(asked.definition)).toMatchObject({ Type: "Task", Parameters: { "id.$": "$$.Execution.Id" }, End: true });
  expect(asked.mock!.result).toBe("7");
});

test("of JSONata the history tells all, but for a Map's items", () => {
  expect(hasMore({ Type: "Task", Arguments: {} }, "JSONata")).toBe(false);
  expect(hasMore({ Type: "Map", ItemSelector: {} }, "JSONata")).toBe(true);
  expect(hasMore({ Type: "Choice" }, "JSONPath")).toBe(false);
  expect(hasMore({ Type: "Wait", OutputPath: "$.x" }, "JSONPath")).toBe(true);
});

test("the same JSON is the same however it is written", () => {
  expect(alike('{"a":1,"b":[2]}', '{ "b": [ 2 ], "a": 1 }')).toBe(true);
  expect(alike("1", undefined)).toBe(false);
});
