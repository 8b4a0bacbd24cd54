import { expect, test } from "vitest";
import { middle, nearest, placesOf } from "./places";
import type { Layout } from "./layout";

const layout: Layout = {
  width: 300, height: 400,
  nodes: [
    { id: "A", name: "A", kind: "state", x: 0, y: 0, width: 200, height: 60 },
    { id: "G", name: "G", kind: "group", x: 0, y: 100, width: 280, height: 200 },
    { id: "e", name: "Drop a state here", kind: "empty", parent: "G", x: 20, y: 100, width: 200, height: 60 },
  ],
  edges: [
    { id: "A-G", from: "A", to: "G", kind: "next", slots: [{ kind: "next", from: "A" }], points: [{ x: 100, y: 60 }, { x: 100, y: 100 }] },
    { id: "G-e", from: "G", to: "e", kind: "mark", slots: [{ kind: "start", owner: "G", branch: 0 }], points: [{ x: 120, y: 150 }, { x: 120, y: 200 }] },
    { id: "fixed", from: "G", to: "A", kind: "mark", points: [{ x: 0, y: 0 }, { x: 0, y: 9 }] },
  ],
};

test("places are edges with slots and empty places, at the whole canvas's coordinates", () => {
  const places = placesOf(layout);
  expect(places.map((p) => [p.id, p.x, p.y, p.empty])).toEqual([["A-G", 100, 80, undefined], ["G-e", 120, 230, "e"]]);
  expect(places[0].words).toBe("between A and G");
});

test("the nearest one is found from any side", () => {
  const places = placesOf(layout);
  expect(nearest(places, { x: 160, y: 70 })?.id).toBe("A-G");
  expect(nearest(places, { x: 30, y: 260 })?.id).toBe("G-e");
  expect(nearest([], { x: 0, y: 0 })).toBeUndefined();
});

test("half-way along a line with corners", () => {
  expect(middle([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 30 }])).toEqual({ x: 10, y: 10 });
});
