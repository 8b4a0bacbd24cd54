import { expect, test } from "vitest";
import type { Machine } from "../asl/definition";
import { toGraph, type Graph } from "../asl/graph";
import { place, type Sizes } from "./layered";

const sizes: Sizes = { of: (node) => (node.kind === "state" ? { width: 200, height: 60 } : { width: 64, height: 32 }), label: (text) => 12 + text.length * 6.4, inset: { top: 64, side: 20 }, least: { width: 260, height: 120 } };
const drawn = (machine: object, down = true, editing = false) => {
  const graph = toGraph(machine as Machine, editing);
  return { graph, ...place(graph, down, sizes) };
};

const chain = (count: number, more: (i: number) => object = () => ({})) => ({
  StartAt: "S0",
  States: Object.fromEntries(Array.from({ length: count }, (_, i) => [`S${i}`, i === count - 1 ? { Type: "Succeed" } : { Type: "Pass", Next: `S${i + 1}`, ...more(i) }])),
});
const loops = {
  StartAt: "Ask",
  States: {
    Ask: { Type: "Task", Resource: "a", Next: "Good?", Catch: [{ ErrorEquals: ["X"], Next: "Ask" }, { ErrorEquals: ["States.ALL"], Next: "Sorry" }] },
    "Good?": { Type: "Choice", Choices: [{ Variable: "$.n", NumericEquals: 1, Next: "Both" }, { Variable: "$.n", NumericEquals: 2, Next: "Wait" }], Default: "Sorry" },
    Wait: { Type: "Wait", Seconds: 1, Next: "Ask" },
    Both: { Type: "Parallel", Branches: [{ StartAt: "L", States: { L: { Type: "Pass", Next: "L2" }, L2: { Type: "Pass", End: true } } }, { StartAt: "R", States: { R: { Type: "Pass", End: true } } }], End: true },
    Sorry: { Type: "Fail" },
  },
};

function check(graph: Graph, { nodes, edges }: ReturnType<typeof place>, down = true) {
  const corner = (id: string): { x: number; y: number } => {
    const node = graph.nodes.find((n) => n.id === id)!, own = nodes.get(id)!;
    const outer = node.parent ? corner(node.parent) : { x: 0, y: 0 };
    return { x: outer.x + own.x, y: outer.y + own.y };
  };
  for (const a of graph.nodes) {
    const p = nodes.get(a.id)!;
    if (a.parent) {
      const g = nodes.get(a.parent)!;
      expect(p.x >= 0 && p.y >= 0 && p.x + p.width <= g.width && p.y + p.height <= g.height, `${a.id} lies in ${a.parent}`).toBe(true);
    }
    for (const b of graph.nodes) {
      if (a.id >= b.id || a.parent !== b.parent) continue;
      const q = nodes.get(b.id)!;
      expect(p.x + p.width <= q.x || q.x + q.width <= p.x || p.y + p.height <= q.y || q.y + q.height <= p.y, `${a.id} and ${b.id} are apart`).toBe(true);
    }
  }
  for (const e of graph.edges) {
    const { points } = edges.get(e.id)!;
    const from = corner(e.from), to = corner(e.to), f = nodes.get(e.from)!, t = nodes.get(e.to)!;
    const begin = down ? { x: from.x + f.width / 2, y: from.y + f.height } : { x: from.x + f.width, y: from.y + f.height / 2 };
    const end = down ? { x: to.x + t.width / 2, y: to.y } : { x: to.x, y: to.y + t.height / 2 };
    for (const [p, q] of [[points[0], begin], [points.at(-1)!, end]]) expect(Math.hypot(p.x - q.x, p.y - q.y)).toBeLessThan(0.01);
    for (let i = 1; i < points.length; ++i) expect(Math.min(Math.abs(points[i].x - points[i - 1].x), Math.abs(points[i].y - points[i - 1].y)), "right angles").toBeLessThan(0.01);
    // No line runs through a state.
    for (const n of graph.nodes) {
      if (n.kind === "group" || n.id === e.from || n.id === e.to) continue;
      const c = corner(n.id), s = nodes.get(n.id)!;
      for (let i = 1; i < points.length; ++i) {
        const [l, r] = [Math.min(points[i].x, points[i - 1].x), Math.max(points[i].x, points[i - 1].x)], [u, d] = [Math.min(points[i].y, points[i - 1].y), Math.max(points[i].y, points[i - 1].y)];
        expect(r <= c.x + 1 || l >= c.x + s.width - 1 || d <= c.y + 1 || u >= c.y + s.height - 1, `${e.id} stays out of ${n.id}`).toBe(true);
      }
    }
  }
}

test("states are apart, lie in their groups, and lines reach them at right angles and go through none", () => {
  for (const down of [true, false]) for (const editing of [false, true]) {
    const made = drawn(loops, down, editing);
    check(made.graph, made, down);
  }
});

test("a chain is one straight column from the start to the end", () => {
  const { nodes, graph } = drawn(chain(200));
  const middles = graph.nodes.map((n) => nodes.get(n.id)!.x + nodes.get(n.id)!.width / 2);
  expect(Math.max(...middles) - Math.min(...middles)).toBeLessThan(0.01);
  expect(nodes.get("S1")!.y).toBeGreaterThan(nodes.get("S0")!.y);
});

test("the branches of a Parallel begin beside each other", () => {
  const { nodes } = drawn(loops);
  expect(nodes.get("L")!.y).toBe(nodes.get("R")!.y);
  expect(nodes.get("L")!.x).toBeLessThan(nodes.get("R")!.x);
});

test("500 states that all can fail to the same one are laid out soon", () => {
  const machine = chain(500, (i) => ({ Catch: [{ ErrorEquals: ["States.ALL"], Next: "Sorry" }], ...(i % 7 === 0 && i + 5 < 500 ? { Type: "Choice", Choices: [{ Variable: "$.x", NumericEquals: i, Next: `S${i + 5}` }], Default: `S${i + 1}` } : {}) }));
  (machine.States as Record<string, object>).Sorry = { Type: "Fail" };
  const begun = performance.now();
  const { nodes, edges, graph } = drawn(machine);
  const took = performance.now() - begun;
  console.log(`500 states: ${Math.round(took)} ms`);
  expect(took).toBeLessThan(10_000);
  expect(nodes.size).toBe(graph.nodes.length);
  // What fails at the top goes down on the line of the others, not on one of its own.
  expect(new Set(graph.edges.filter((e) => e.to === "Sorry").map((e) => edges.get(e.id)!.points.at(-2)!.x)).size).toBeLessThan(4);
});
