import { expect, test } from "vitest";
import { readFiles } from "./imported";

const at = "2026-11-29T06:00:00.123000+00:00";
const event = (id: number, type: string, details: Record<string, unknown> = {}) => ({ timestamp: at, type, id, previousEventId: id - 1, ...details });
const events = [
  event(1, "ExecutionStarted", { executionStartedEventDetails: { input: "{}", roleArn: "r" } }), event(2, "PassStateEntered", { stateEnteredEventDetails: { name: "A", input: "{}" } }),
  event(3, "PassStateExited", { stateExitedEventDetails: { name: "A", output: "1" } }), event(4, "ExecutionSucceeded", { executionSucceededEventDetails: { output: "1" } }),
];
const definition = JSON.stringify({ StartAt: "A", States: { A: { Type: "Pass", End: true } } });
const file = (name: string, content: unknown) => ({ name, text: typeof content === "string" ? content : JSON.stringify(content) });
const wrong = (...files: Array<{ name: string; text: string }>) => {
  try {
    readFiles(files);
  } catch (error) {
    return (error as Error).message;
  }
  return "was taken";
};

test("a history and its definition are told apart, in any order", () => {
  for (const files of [[file("h.json", { events }), file("d.json", definition)], [file("d.json", { definition, name: "m" }), file("h.json", { events: [...events].reverse() })]]) {
    const found = readFiles(files);
    expect([found.name, found.events.map((e) => e.id), found.guessed, found.warnings]).toEqual(["h", [1, 2, 3, 4], false, []]);
    expect(found.definition).toBe(definition);
  }
});

test("what this console exports is one file with both", () => {
  const found = readFiles([file("e.json", { execution: {}, definition, events })]);
  expect([found.guessed, found.events.length]).toEqual([false, 4]);
});

test("without a definition one is made up from the events", () => {
  const found = readFiles([file("h.json", events)]);
  expect(found.guessed).toBe(true);
  expect(Object.keys(JSON.parse(found.definition).States)).toEqual(["A"]);
});

test("pages in several files are one history", () => {
  expect(readFiles([file("2.json", { events: events.slice(2) }), file("1.json", { events: events.slice(0, 3), nextToken: "x" })]).events).toHaveLength(4);
  expect(readFiles([file("1.json", { events: events.slice(0, 3), NextToken: "x" })]).warnings.join()).toMatch(/goes on .* without --max-items/);
});

test("an error says which file is wrong and how to mend it", () => {
  expect(wrong(file("h.json", '{"events": [\n {"id": 1,}]}'))).toMatch(/^h.json: This is not JSON: line 2, column 11?.*get-execution-history/s);
  expect(wrong(file("h.json", ""))).toMatch(/h.json: it is empty.*terminal/);
  expect(wrong(file("h.yaml", "events:\n- id: 1\n"))).toMatch(/h.yaml is YAML.*--output json/);
  expect(wrong(file("h.txt", "EVENTS\t1\t0"))).toMatch(/text or a table.*--output json/);
  expect(wrong(file("page.json", "<html>"))).toMatch(/HTML/);
  expect(wrong(file("e.json", { executionArn: "arn", status: "FAILED" }))).toMatch(/describe-execution.*get-execution-history/);
  expect(wrong(file("d.json", definition))).toMatch(/a definition, and no history/);
  expect(wrong(file("h.json", { events: [] }))).toMatch(/no events in it/);
  expect(wrong(file("x.json", "[1]"))).toMatch(/x.json, event number 1 of the list/);
  expect(wrong(file("x.json", "7"))).toMatch(/neither a history nor a definition/);
  expect(wrong(file("x.json", { events: [{ id: 1, type: "ExecutionStarted", timestamp: "yesterday" }] }))).toMatch(/event 1 has no timestamp/);
  expect(wrong(file("h.json", { events: events.slice(2) }))).toMatch(/begins with event 3.*--max-items/);
  expect(wrong(file("h.json", { events: [events[0], events[3]] }))).toMatch(/events 2 to 3 are missing/);
  expect(wrong(file("a.json", { events }), file("b.json", { events: [event(1, "ExecutionStarted"), event(2, "TaskStateEntered")] }))).toMatch(/two different executions/);
  expect(wrong(file("d.json", { definition: "no JSON", events }))).toMatch(/"definition" is not a JSON object/);
});

test("a definition of another version is told", () => {
  expect(readFiles([file("h.json", { events }), file("d.json", { StartAt: "B", States: { B: { Type: "Pass", End: true } } })]).warnings.join()).toMatch(/does not have the state A.*describe-state-machine-for-execution/);
});

test("a state's name can't reach what all objects have in common", () => {
  const names = ["__proto__", "constructor", "toString", "__proto__"];
  const hostile = [events[0], ...names.flatMap((name, i) => [event(2 * i + 2, "PassStateEntered", { stateEnteredEventDetails: { name } }), event(2 * i + 3, "PassStateExited", { stateExitedEventDetails: { name } })])];
  const found = readFiles([file("h.json", { events: hostile })]);
  expect(Object.keys(JSON.parse(found.definition).States)).toEqual(["__proto__", "constructor", "toString"]);
  expect(({} as Record<string, unknown>).Next).toBeUndefined();
});
