import { expect, test } from "vitest";
import type { Machine } from "../asl/definition";
import { insert, names, onward } from "../asl/edit";
import { palette, paletteItem, search } from "./items";
import { policyOf } from "./permissions";
import { stateAt } from "./findings";
import { comparisonOf, withComparison } from "./rule";
import { begin, redo, step, undo } from "./undo";

const empty: Machine = { States: {} };
const somewhere = { account: "111122223333", region: "eu-west-1" };

test("everything in the palette can be put into an empty workflow and between two states, in both languages", () => {
  for (const item of palette) {
    for (const jsonata of [true, false]) {
      const alone = insert(empty, [{ kind: "start", branch: 0 }], item.make(jsonata)).machine;
      const between = insert({ StartAt: "A", States: { A: { Type: "Pass", Next: "B" }, B: { Type: "Succeed" } } }, [{ kind: "next", from: "A" }], item.make(jsonata)).machine;
      for (const machine of [alone, between]) expect(JSON.stringify(machine), item.id).not.toContain(JSON.stringify(onward).slice(1, -1));
      expect(between.States!.A.Next).not.toBe("B");
      expect(JSON.stringify(alone).includes("{%") && !jsonata, item.id).toBe(false);
      expect(names(alone).size).toBeGreaterThan(0);
    }
  }
});

test("paths become expressions of the machine's own language", () => {
  expect(paletteItem("sns-publish")!.make(true).States!.Publish.Arguments).toMatchObject({ Message: "{% $states.input %}" });
  expect(paletteItem("sns-publish")!.make(false).States!.Publish.Parameters).toMatchObject({ "Message.$": "$" });
  expect(JSON.stringify(paletteItem("approval")!.make(true))).toContain("{% $states.context.Task.Token %}");
  expect(JSON.stringify(paletteItem("approval")!.make(false))).toContain('"TaskToken.$":"$$.Task.Token"');
});

test("the palette is searched by title, service and resource", () => {
  expect(search("pub")[0].id).toBe("sns-publish");
  expect(search("dynamo put").map((i) => i.id)).toEqual(["dynamodb-put"]);
  expect(search("")).toHaveLength(palette.length);
  expect(search("no such thing")).toEqual([]);
});

test("a role's policy names what the tasks name, and everything where it is only known at run time", () => {
  const { Statement } = policyOf(
    {
      States: {
        A: { Type: "Task", Resource: "arn:aws:states:::sns:publish", Parameters: { TopicArn: "arn:aws:sns:eu-west-1:111122223333:t" } },
        B: { Type: "Task", Resource: "arn:aws:states:::sns:publish", Parameters: { "TopicArn.$": "$.t" } },
        C: { Type: "Parallel", Branches: [{ StartAt: "D", States: { D: { Type: "Task", Resource: "arn:aws:states:::ecs:runTask.sync", Arguments: { TaskDefinition: "{% $t %}" } }, E: { Type: "Task", Resource: "arn:aws:states:::aws-sdk:cloudwatchlogs:putLogEvents" } } }] },
        F: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Arguments: { QueueUrl: "http://127.0.0.1:4566/111122223333/q" } },
      },
    },
    somewhere,
  );
  expect(Statement).toContainEqual({ Effect: "Allow", Action: ["sns:Publish"], Resource: "arn:aws:sns:eu-west-1:111122223333:t" });
  expect(Statement).toContainEqual({ Effect: "Allow", Action: ["sns:Publish"], Resource: "*" });
  expect(Statement).toContainEqual({ Effect: "Allow", Action: ["ecs:RunTask"], Resource: "*" });
  expect(Statement).toContainEqual({ Effect: "Allow", Action: ["logs:PutLogEvents"], Resource: "*" });
  expect(Statement).toContainEqual({ Effect: "Allow", Action: ["sqs:SendMessage"], Resource: "arn:aws:sqs:eu-west-1:111122223333:q" });
  expect(Statement.some((s) => Array.isArray(s.Action) && s.Action.includes("events:PutRule"))).toBe(true);
  expect(policyOf({ States: { P: { Type: "Pass" } } }, somewhere).Statement).toEqual([]);
});

test("a rule's comparison becomes fields and comes back, with what else the rule says", () => {
  const rule = { Variable: "$.n", NumericGreaterThan: 3, Next: "A", Comment: "c" };
  expect(comparisonOf(rule)).toEqual({ variable: "$.n", operator: "NumericGreaterThan", value: "3", not: false });
  expect(withComparison(rule, { ...comparisonOf(rule)!, value: "4.5" })).toEqual({ Variable: "$.n", NumericGreaterThan: 4.5, Next: "A", Comment: "c" });
  expect(withComparison(rule, { variable: "$.b", operator: "IsPresent", value: "false", not: true })).toEqual({ Not: { Variable: "$.b", IsPresent: false }, Next: "A", Comment: "c" });
  expect(comparisonOf({ Not: { Variable: "$.b", BooleanEquals: true }, Next: "A" })).toEqual({ variable: "$.b", operator: "BooleanEquals", value: "true", not: true });
  expect(comparisonOf({ And: [], Next: "A" })).toBeUndefined();
  expect(comparisonOf({ Next: "A" })).toMatchObject({ operator: "StringEquals" });
});

test("steps are undone and done again; typing is one step, a new change forgets what was undone", () => {
  let steps = begin("a");
  steps = step(steps, "ab", "name", 1_000);
  steps = step(steps, "abc", "name", 2_000);
  steps = step(steps, "abcd", "name", 9_000);
  steps = step(steps, "x", "", 9_001);
  expect(steps.past).toEqual(["a", "abc", "abcd"]);
  steps = undo(undo(steps));
  expect(steps.present).toBe("abc");
  expect(redo(steps).present).toBe("abcd");
  expect(step(steps, "new", "", 9_002).future).toEqual([]);
  expect(undo(begin("a")).present).toBe("a");
  expect(step(begin("a"), "a", "", 1).past).toEqual([]);
});

test("a finding belongs to the innermost state that its place names", () => {
  expect(stateAt("/States/P/Branches[0]/States/In~1ner/Next")).toBe("In/ner");
  expect(stateAt("/StartAt")).toBeUndefined();
  expect(stateAt(undefined)).toBeUndefined();
});
