import { describe, expect, test } from "vitest";
import type { Machine } from "./definition";
import { addBranch, change, changeMachine, connect, duplicate, find, freeName, insert, move, nameProblem, names, onward, remove, removeBranch, rename, slotsOf, speaksJsonata, target } from "./edit";

const pass = (name = "Pass"): Machine => ({ StartAt: name, States: { [name]: { Type: "Pass", Next: onward } } });
const chain: Machine = { Comment: "c", StartAt: "A", States: { A: { Type: "Pass", Next: "B" }, B: { Type: "Pass", Next: "C" }, C: { Type: "Pass", End: true } } };
const choice: Machine = {
  StartAt: "Look",
  States: {
    Look: { Type: "Choice", Choices: [{ Condition: "{% $states.input.a %}", Next: "Yes" }, { Condition: "{% $states.input.b %}", Next: "Yes" }], Default: "No" },
    Yes: { Type: "Pass", Next: "Last" }, No: { Type: "Pass", Next: "Last" }, Last: { Type: "Succeed" },
  },
};
const nested: Machine = {
  StartAt: "Both",
  States: {
    Both: { Type: "Parallel", Branches: [{ StartAt: "L", States: { L: { Type: "Pass", End: true } } }, { StartAt: "R", States: { R: { Type: "Pass", End: true } } }], Next: "Each" },
    Each: { Type: "Map", ItemProcessor: { StartAt: "I", States: { I: { Type: "Pass", End: true } } }, End: true },
  },
};

describe("inserting", () => {
  test("between two states leads to what came after, and the text keeps the order", () => {
    const { machine, name } = insert(chain, [{ kind: "next", from: "A" }], pass("New"));
    expect(name).toBe("New");
    expect(machine.States!.A.Next).toBe("New");
    expect(machine.States!.New.Next).toBe("B");
    expect(Object.keys(machine.States!)).toEqual(["A", "New", "B", "C"]);
    expect(chain.States!.A.Next).toBe("B"); // what came in stays as it was
  });
  test("at the end makes the new state the last one", () => {
    const { machine } = insert(chain, [{ kind: "next", from: "C" }], pass("New"));
    expect(machine.States!.C).toEqual({ Type: "Pass", Next: "New" });
    expect(machine.States!.New).toEqual({ Type: "Pass", End: true });
  });
  test("at the beginning, and into nothing at all", () => {
    expect(insert(chain, [{ kind: "start", branch: 0 }], pass("New")).machine.StartAt).toBe("New");
    const { machine } = insert({ Comment: "empty", States: {} }, [{ kind: "start", branch: 0 }], pass());
    expect(machine).toEqual({ Comment: "empty", StartAt: "Pass", States: { Pass: { Type: "Pass", End: true } } });
    expect(Object.keys(machine)).toEqual(["Comment", "StartAt", "States"]);
  });
  test("into a Parallel's branch and a Map's processor", () => {
    const one = insert(nested, [{ kind: "start", owner: "Both", branch: 1 }], pass("New")).machine;
    expect(one.States!.Both.Branches![1]).toEqual({ StartAt: "New", States: { New: { Type: "Pass", Next: "R" }, R: { Type: "Pass", End: true } } });
    const two = insert(nested, [{ kind: "next", from: "I" }], pass("New")).machine;
    expect(two.States!.Each.ItemProcessor!.States!.I.Next).toBe("New");
  });
  test("at rules that lead to the same state moves them together", () => {
    const { machine } = insert(choice, [{ kind: "choice", from: "Look", index: 0 }, { kind: "choice", from: "Look", index: 1 }], pass("New"));
    expect(machine.States!.Look.Choices!.map((c) => c.Next)).toEqual(["New", "New"]);
    expect(machine.States!.New.Next).toBe("Yes");
  });
  test("takes names that are free, within what is inserted too", () => {
    const { machine, name } = insert(nested, [{ kind: "next", from: "Each" }], { StartAt: "Both", States: { Both: { Type: "Parallel", Branches: [{ StartAt: "L", States: { L: { Type: "Pass", End: true } } }], Next: onward } } });
    expect(name).toBe("Both (1)");
    expect(machine.States!["Both (1)"].Branches![0]).toEqual({ StartAt: "L (1)", States: { "L (1)": { Type: "Pass", End: true } } });
  });
  test("is refused behind a state that ends everything", () => {
    expect(insert(choice, [{ kind: "next", from: "Last" }], pass()).machine).toBe(choice);
  });
});

describe("removing", () => {
  test("closes the gap", () => {
    const { machine, name } = remove(chain, "B");
    expect(machine.States).toEqual({ A: { Type: "Pass", Next: "C" }, C: { Type: "Pass", End: true } });
    expect(name).toBe("C");
    expect(remove(chain, "A").machine.StartAt).toBe("B");
    expect(remove(chain, "C").machine.States!.B).toEqual({ Type: "Pass", End: true });
  });
  test("leaves a rule without its target where nothing came after", () => {
    const { machine } = remove({ StartAt: "Q", States: { Q: { Type: "Choice", Choices: [{ Condition: "{% true %}", Next: "F" }] }, F: { Type: "Fail" } } }, "F");
    expect(machine.States!.Q.Choices).toEqual([{ Condition: "{% true %}" }]);
  });
  test("a state that leads to itself, a catcher, the last state of a branch", () => {
    expect(remove({ StartAt: "A", States: { A: { Type: "Pass", Next: "A" } } }, "A").machine).toEqual({ States: {} });
    const caught = remove({ StartAt: "T", States: { T: { Type: "Task", Catch: [{ ErrorEquals: ["States.ALL"], Next: "H" }], End: true }, H: { Type: "Pass", Next: "Z" }, Z: { Type: "Pass", End: true } } }, "H").machine;
    expect(caught.States!.T.Catch![0].Next).toBe("Z");
    expect(remove(nested, "L").machine.States!.Both.Branches![0]).toEqual({ States: {} });
  });
});

describe("moving", () => {
  test("to another place, out of a branch and into one", () => {
    const one = move(chain, "A", [{ kind: "next", from: "C" }]).machine;
    expect(one.StartAt).toBe("B");
    expect(one.States!.C.Next).toBe("A");
    expect(one.States!.A).toEqual({ Type: "Pass", End: true });
    const two = move(nested, "L", [{ kind: "next", from: "Each" }]).machine;
    expect(two.States!.Each.Next).toBe("L");
    expect(two.States!.Both.Branches![0].States).toEqual({});
    const three = move(nested, "Each", [{ kind: "next", from: "L" }]).machine;
    expect(three.States!.Both).toMatchObject({ End: true });
    expect(three.States!.Both.Branches![0].States!.Each.Type).toBe("Map");
  });
  test("within itself, or to where it is, changes nothing", () => {
    expect(move(nested, "Both", [{ kind: "next", from: "L" }]).machine).toBe(nested);
    expect(move(nested, "Both", [{ kind: "start", owner: "Both", branch: 0 }]).machine).toBe(nested);
    expect(move(chain, "B", [{ kind: "next", from: "A" }]).machine).toBe(chain);
    expect(move(chain, "B", [{ kind: "next", from: "B" }]).machine).toBe(chain);
  });
  test("a Choice takes its rules along, without targets that it can't see from there", () => {
    const { machine } = move({ ...nested, States: { ...nested.States, Q: { Type: "Choice", Choices: [{ Condition: "{% true %}", Next: "Each" }], Default: "Each" } } }, "Q", [{ kind: "next", from: "L" }]);
    expect(machine.States!.Both.Branches![0].States!.Q.Choices).toEqual([{ Condition: "{% true %}" }]);
  });
});

test("renaming follows every mention, in place", () => {
  const { machine } = rename(choice, "Yes", "Ja");
  expect(machine.States!.Look.Choices!.map((c) => c.Next)).toEqual(["Ja", "Ja"]);
  expect(Object.keys(machine.States!)).toEqual(["Look", "Ja", "No", "Last"]);
  expect(rename(chain, "A", "First").machine.StartAt).toBe("First");
  expect(rename(chain, "A", "B").machine).toBe(chain);
  expect(rename(nested, "L", "Left").machine.States!.Both.Branches![0].StartAt).toBe("Left");
});

test("duplicating puts a copy behind, with names of its own inside", () => {
  const { machine, name } = duplicate(nested, "Both");
  expect(name).toBe("Both (1)");
  expect(machine.States!.Both.Next).toBe("Both (1)");
  expect(machine.States!["Both (1)"].Next).toBe("Each");
  expect(new Set(names(machine)).size).toBe(names(machine).size);
  expect(duplicate(choice, "Last").machine.States!["Last (1)"]).toEqual({ Type: "Succeed" });
});

test("connecting: to a state of the same machine, or to the end", () => {
  expect(connect(chain, { kind: "next", from: "A" }, "C").machine.States!.A.Next).toBe("C");
  expect(connect(chain, { kind: "next", from: "A" }, undefined).machine.States!.A).toEqual({ Type: "Pass", End: true });
  expect(connect(nested, { kind: "next", from: "L" }, "Each").machine).toBe(nested);
  expect(target(connect(choice, { kind: "default", from: "Look" }, "Last").machine, { kind: "default", from: "Look" })).toBe("Last");
});

test("branches come and go, members change", () => {
  const three = addBranch(nested, "Both");
  expect(three.States!.Both.Branches).toHaveLength(3);
  expect(removeBranch(three, "Both", 0).States!.Both.Branches![0].StartAt).toBe("R");
  expect(change(chain, "A", { Comment: "x", Next: undefined }).States!.A).toEqual({ Type: "Pass", Comment: "x" });
  expect(Object.keys(changeMachine(chain, { QueryLanguage: "JSONata" }))).toEqual(["Comment", "QueryLanguage", "StartAt", "States"]);
});

test("names: free ones, and what is wrong with others", () => {
  expect(freeName(new Set(["Pass", "Pass (1)"]), "Pass")).toBe("Pass (2)");
  expect(nameProblem(chain, "")).toBeDefined();
  expect(nameProblem(chain, "B", "A")).toBeDefined();
  expect(nameProblem(chain, "A", "A")).toBeUndefined();
  expect(nameProblem(chain, "x".repeat(81))).toBeDefined();
});

test("the languages of states, and the slots that there are", () => {
  expect(speaksJsonata({ QueryLanguage: "JSONata", States: { A: { Type: "Pass" }, B: { Type: "Pass", QueryLanguage: "JSONPath" } } }, "A")).toBe(true);
  expect(speaksJsonata({ QueryLanguage: "JSONata", States: { B: { Type: "Pass", QueryLanguage: "JSONPath" } } }, "B")).toBe(false);
  expect(slotsOf(choice)).toEqual([
    { kind: "start", owner: undefined, branch: 0 }, { kind: "choice", from: "Look", index: 0 }, { kind: "choice", from: "Look", index: 1 }, { kind: "default", from: "Look" }, { kind: "next", from: "Yes" }, { kind: "next", from: "No" },
  ]);
  expect(find(nested, "I")?.owner).toBe("Each");
});
