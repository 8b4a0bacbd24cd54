import { expect, test } from "vitest";
import { serviceOf } from "./definition";
import { conditionText, endOf, startOf, toGraph } from "./graph";
import { checkJson, checkName } from "./names";
import { find, locate } from "./positions";
import { definitionOf, resourcesOf } from "./template";
import { href, parse } from "../router";
import { EventStreamParser } from "../aws/api";

test("a definition becomes nodes and edges, its catchers dashed and its ends joined", () => {
  const graph = toGraph({ StartAt: "A", States: { A: { Type: "Task", Resource: "arn:aws:states:::sns:publish", Next: "B", Catch: [{ ErrorEquals: ["States.ALL"], Next: "C" }] }, B: { Type: "Pass", End: true }, C: { Type: "Fail" } } });
  expect(graph.nodes.map((n) => n.name)).toEqual(["Start", "A", "B", "C", "End"]);
  expect(graph.edges.map((e) => [e.from, e.to, e.kind])).toEqual([[startOf(undefined), "A", "mark"], ["A", "B", "next"], ["A", "C", "catch"], ["B", endOf(undefined), "mark"], ["C", endOf(undefined), "mark"]]);
});

test("branches and iterators lie inside their state", () => {
  const graph = toGraph({ StartAt: "M", States: { M: { Type: "Map", ItemProcessor: { StartAt: "I", States: { I: { Type: "Pass", End: true } } }, End: true } } });
  expect(graph.nodes.find((n) => n.id === "I")?.parent).toBe("M");
  expect(graph.nodes.find((n) => n.id === "M")?.kind).toBe("group");
});

test("what a half-typed definition lacks is left out", () => {
  expect(toGraph({ StartAt: "A", States: { A: { Type: "Pass", Next: "Nowhere" }, B: null as never } }).edges.map((e) => e.kind)).toEqual(["mark"]);
  expect(toGraph({}).nodes.map((n) => n.name)).toEqual(["Start"]);
});

test("where a definition is edited, edges know their slots, branches their ends, and what is missing has its place", () => {
  const graph = toGraph({ StartAt: "Q", States: { Q: { Type: "Choice", Choices: [{ Condition: "{% $a %}", Next: "P" }, { Condition: "{% $b %}" }] }, P: { Type: "Parallel", Branches: [{ States: {} }, { StartAt: "X", States: { X: { Type: "Pass", End: true } } }], Next: "F" }, F: { Type: "Fail" } } }, true);
  const told = graph.edges.map((e) => [e.from, e.to, e.slots]);
  expect(told).toContainEqual([startOf("P", 1), "X", [{ kind: "start", owner: "P", branch: 1 }]]);
  expect(told).toContainEqual(["X", endOf("P", 1), [{ kind: "next", from: "X" }]]);
  expect(told).toContainEqual(["F", endOf(undefined), undefined]); // nothing comes after a Fail
  expect(graph.nodes.filter((n) => n.kind === "empty").map((n) => n.parent)).toEqual(["P", undefined, undefined]);
  expect(graph.edges.find((e) => e.kind === "default")?.slots).toEqual([{ kind: "default", from: "Q" }]);
  const none = toGraph({}, true);
  expect(none.nodes.map((n) => n.kind)).toEqual(["start", "empty"]);
  expect(none.edges[0].slots).toEqual([{ kind: "start", owner: undefined, branch: 0 }]);
});

test("choice rules are told in a line", () => {
  expect(conditionText({ Variable: "$.x", NumericGreaterThanEquals: 3 })).toBe("$.x ≥ 3");
  expect(conditionText({ And: [{ Variable: "$.a", StringEquals: "b" }, { Not: { Variable: "$.c", IsPresent: true } }] })).toBe('$.a == "b" and not ($.c is present)');
  expect(conditionText({ Condition: "{% $x > 1 %}" })).toBe("$x > 1");
});

test("tasks are named by what they call", () => {
  expect(serviceOf({ Type: "Task", Resource: "arn:aws:states:::ecs:runTask.sync" })).toMatchObject({ key: "ecs", action: "RunTask", pattern: "sync" });
  expect(serviceOf({ Type: "Task", Resource: "arn:aws:states:::aws-sdk:dynamodb:putItem" })).toMatchObject({ key: "dynamodb", action: "PutItem" });
  expect(serviceOf({ Type: "Task", Resource: "arn:aws:lambda:us-east-1:0:function:f" })).toMatchObject({ key: "lambda", action: "f" });
});

test("names are checked as AWS does", () => {
  expect(checkName("fine-name_1")).toEqual({});
  expect(checkName("größe").warning).toMatch(/CloudWatch/);
  expect(checkName("a b").error).toMatch(/white space/);
  expect(checkName("a/b").error).toMatch(/\//);
  expect(checkName("x".repeat(81)).error).toMatch(/80/);
  expect(checkJson("{")).toMatch(/JSON/);
  expect(checkJson("{}")).toBeUndefined();
});

test("a finding's path leads to its place in the text", () => {
  const text = '{"StartAt": "A", "States": {"A": {"Type": "Pass"}, "B": {"List": [1, {"Deep": 2}]}}}';
  const at = (...path: string[]) => {
    const span = find(text, path);
    return span && text.slice(span.from, span.to);
  };
  expect(at("States", "A", "Type")).toBe('"Type"');
  expect(at("States", "B", "List", "1", "Deep")).toBe('"Deep"');
  expect(at("States", "C")).toBeUndefined();
  expect(text.slice(locate(text, "/States/A/Nothing").from).startsWith('"A"')).toBe(true);
});

test("a template's definition is shown with placeholders", () => {
  const template = JSON.stringify({
    Resources: {
      T: { Type: "AWS::SNS::Topic" },
      M: { Type: "AWS::StepFunctions::StateMachine", Properties: { DefinitionString: { "Fn::Sub": ['{"Arn":"arn:${AWS::Partition}:x","Topic":"${topic}"}', { topic: { Ref: "T" } }] } } },
    },
  });
  expect(JSON.parse(definitionOf(template)!.text)).toEqual({ Arn: "arn:aws:x", Topic: "${T}" });
  expect(resourcesOf(template).map((r) => r.logicalId)).toEqual(["T", "M"]);
});

test("addresses keep any name", () => {
  const arn = "arn:aws:states:us-east-1:0:execution:größe/1:a b?";
  const place = parse(href(["v2", arn], { state: "X & Y" }));
  expect(place.path).toEqual(["v2", arn]);
  expect(place.query.get("state")).toBe("X & Y");
});

test("an event stream is taken apart however it is cut", () => {
  const text = ": hello\n\nid: 7\nevent: events\ndata: {\"a\":\ndata: 1}\n\nevent: status\ndata: x\n\n";
  for (const size of [1, 5, text.length]) {
    const parser = new EventStreamParser();
    const found = [];
    for (let i = 0; i < text.length; i += size) found.push(...parser.push(text.slice(i, i + size)));
    expect(found).toEqual([{ event: "events", id: "7", data: '{"a":\n1}' }, { event: "status", data: "x" }]);
  }
});
