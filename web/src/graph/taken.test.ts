import { expect, test } from "vitest";
import type { Machine } from "../asl/definition";
import { toGraph } from "../asl/graph";
import { build, summarise } from "../history/model";
import { takenEdges } from "./taken";

const machine = {
  StartAt: "Ask",
  States: {
    Ask: { Type: "Choice", Choices: [{ Variable: "$.n", NumericEquals: 1, Next: "Last" }], Default: "Middle" },
    Middle: { Type: "Task", Resource: "a", Catch: [{ ErrorEquals: ["X"], Next: "Sorry" }], Next: "Last" },
    Sorry: { Type: "Pass", Next: "Last" },
    Last: { Type: "Pass", End: true },
  },
} as unknown as Machine;

test("a way is one that was gone, not one to where the execution came by another", () => {
  const types: Array<[string, object]> = [
    ["ExecutionStarted", {}], ["ChoiceStateEntered", { name: "Ask" }], ["ChoiceStateExited", { name: "Ask" }], ["TaskStateEntered", { name: "Middle" }], ["TaskScheduled", {}], ["TaskFailed", { error: "X" }], ["TaskStateExited", { name: "Middle" }],
    ["PassStateEntered", { name: "Sorry" }], ["PassStateExited", { name: "Sorry" }], ["PassStateEntered", { name: "Last" }], ["PassStateExited", { name: "Last" }], ["ExecutionSucceeded", {}],
  ];
  const model = build(types.map(([type, details], i) => ({ id: i + 1, previousEventId: i, timestamp: i, type, details: details as Record<string, unknown> })));
  const edges = toGraph(machine).edges;
  const taken = takenEdges(summarise(model), edges, true);
  const words = edges.filter((e) => taken.has(e.id) && e.kind !== "mark").map((e) => `${e.from} ${e.kind} ${e.to}`);
  expect(words.sort()).toEqual(["Ask default Middle", "Middle catch Sorry", "Sorry next Last"]);
  expect(edges.filter((e) => e.kind === "mark" && taken.has(e.id)).length).toBe(2);
});
