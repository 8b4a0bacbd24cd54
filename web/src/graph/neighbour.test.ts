import { expect, test } from "vitest";
import type { PlacedNode } from "./layout";
import { boxesOf, neighbour } from "./neighbour";

const node = (id: string, x: number, y: number, more: Partial<PlacedNode> = {}): PlacedNode => ({ id, name: id, kind: "state", x, y, width: 200, height: 60, ...more });

// A choice with two ways, a group of two behind the left one, and an end that all come to.
const boxes = boxesOf([
  node("\0start", 300, 0, { kind: "start", width: 60, height: 30 }), node("Choose", 220, 60), node("Left", 100, 160), node("Right", 400, 160),
  node("Group", 80, 260, { kind: "group", width: 500, height: 140 }), node("In A", 20, 60, { parent: "Group" }), node("In B", 260, 60, { parent: "Group" }), node("Last", 220, 440),
]);
const walk = (from: string, ...arrows: string[]) => arrows.map((arrow) => (from = neighbour(boxes, from, `Arrow${arrow}` as never) ?? "-"));

test("down and up follow the workflow, through a group's states", () => {
  expect(walk("Choose", "Down", "Down", "Down", "Down")).toEqual(["Left", "Group", "In B", "Last"]);
  expect(walk("Last", "Up", "Up", "Up", "Up")).toEqual(["In A", "Group", "Left", "Choose"]);
});

test("left and right go to what is beside", () => {
  expect(walk("Left", "Right", "Left")).toEqual(["Right", "Left"]);
  expect(walk("In A", "Right", "Left")).toEqual(["In B", "In A"]);
});

test("where nothing is that way, nothing is chosen; marks are no states", () => {
  expect(neighbour(boxes, "Choose", "ArrowUp")).toBeUndefined();
  expect(neighbour(boxes, "Nowhere", "ArrowUp")).toBeUndefined();
  expect(boxes.map((b) => b.id)).not.toContain("\0start");
});
