// The state that lies next to another in a direction: how the arrow keys go through a workflow.
import type { PlacedNode } from "./layout";

export type Arrow = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

export interface Box {
  id: string;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Where the states are on the whole canvas; what isn't a state is left out. */
export function boxesOf(nodes: readonly PlacedNode[]): Box[] {
  const byId = new Map(nodes.map((n) => [n.id, n]));
  return nodes.filter((n) => n.kind === "state" || n.kind === "group").map((node) => {
    let x = node.x, y = node.y;
    for (let p = node.parent === undefined ? undefined : byId.get(node.parent); p; p = p.parent === undefined ? undefined : byId.get(p.parent)) (x += p.x), (y += p.y);
    return { id: node.id, left: x, top: y, right: x + node.width, bottom: y + node.height };
  });
}

const contains = (outer: Box, inner: Box) => outer.left <= inner.left && outer.right >= inner.right && outer.top <= inner.top && outer.bottom >= inner.bottom;

/** The nearest one that way: what lies straight ahead comes before what lies aside. Into a group, and out of it, as well. */
export function neighbour(boxes: readonly Box[], from: string, arrow: Arrow): string | undefined {
  const start = boxes.find((b) => b.id === from);
  if (!start) return undefined;
  const sideways = arrow === "ArrowLeft" || arrow === "ArrowRight", sign = arrow === "ArrowDown" || arrow === "ArrowRight" ? 1 : -1;
  // The head of a group is what is looked at, not its middle.
  const point = (b: Box) => (sideways ? { along: (b.left + b.right) / 2, across: b.top } : { along: b.top, across: (b.left + b.right) / 2 });
  const here = point(start);
  let best: string | undefined, least = Infinity;
  for (const box of boxes) {
    if (box.id === from || (sideways && (contains(box, start) || contains(start, box)))) continue;
    const there = point(box);
    const ahead = (there.along - here.along) * sign;
    if (ahead <= 1) continue;
    const aside = sideways ? Math.max(0, box.top - start.bottom, start.top - box.bottom) : Math.max(0, box.left - start.right, start.left - box.right);
    const cost = ahead + aside * (sideways ? 8 : 3) + Math.abs(there.across - here.across) * 0.1;
    if (cost < least) (least = cost), (best = box.id);
  }
  return best;
}
