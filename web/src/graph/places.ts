// Where on a picture something can be put: each edge that stands for slots, and each empty place.
import type { Slot } from "../asl/edit";
import type { Layout } from "./layout";

export interface PutPlace {
  id: string; // of the edge
  slots: Slot[];
  x: number; // where its sign is
  y: number;
  empty?: string; // the empty place that it leads to
  line: Point[];
  words: string;
}

interface Point {
  x: number;
  y: number;
}

/** The point half-way along a line. */
export function middle(line: readonly Point[]): Point {
  const lengths = line.slice(1).map((p, i) => Math.hypot(p.x - line[i].x, p.y - line[i].y));
  let rest = lengths.reduce((sum, l) => sum + l, 0) / 2;
  for (let i = 0; i < lengths.length; ++i) {
    if (rest <= lengths[i]) {
      const part = lengths[i] ? rest / lengths[i] : 0;
      return { x: line[i].x + (line[i + 1].x - line[i].x) * part, y: line[i].y + (line[i + 1].y - line[i].y) * part };
    }
    rest -= lengths[i];
  }
  return line.at(-1) ?? { x: 0, y: 0 };
}

function fromSegment(p: Point, a: Point, b: Point): number {
  const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
  const t = length ? Math.max(0, Math.min(1, ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length)) : 0;
  return Math.hypot(p.x - a.x - t * (b.x - a.x), p.y - a.y - t * (b.y - a.y));
}

export function placesOf(layout: Layout): PutPlace[] {
  const corner = new Map<string, Point>();
  const nodes = new Map(layout.nodes.map((n) => [n.id, n]));
  for (const n of layout.nodes) {
    const outer = n.parent ? corner.get(n.parent)! : { x: 0, y: 0 };
    corner.set(n.id, { x: outer.x + n.x, y: outer.y + n.y });
  }
  const called = (id: string) => nodes.get(id)?.name || (nodes.get(id)?.kind === "start" ? `the start of ${nodes.get(id)?.parent}` : `the end of ${nodes.get(id)?.parent}`);
  return layout.edges.flatMap((edge) => {
    if (!edge.slots?.length || edge.points.length === 0) return [];
    const to = nodes.get(edge.to);
    if (to?.kind === "empty") {
      const at = corner.get(to.id)!;
      const centre = { x: at.x + to.width / 2, y: at.y + to.height / 2 };
      return [{ id: edge.id, slots: edge.slots, ...centre, empty: to.id, line: [{ x: at.x, y: centre.y }, { x: at.x + to.width, y: centre.y }], words: `after ${called(edge.from)}` }];
    }
    // Beside the words on the edge, not on them.
    const at = edge.labelAt ? { x: edge.labelAt.x, y: edge.labelAt.y + 18 } : middle(edge.points);
    return [{ id: edge.id, slots: edge.slots, ...at, line: edge.points, words: `between ${called(edge.from)} and ${called(edge.to)}` }];
  });
}

/** The place nearest to a point. */
export function nearest(places: readonly PutPlace[], point: Point): PutPlace | undefined {
  let best: PutPlace | undefined, least = Infinity;
  for (const place of places) {
    for (let i = 1; i < place.line.length; ++i) {
      const distance = fromSegment(point, place.line[i - 1], place.line[i]);
      if (distance < least) (least = distance), (best = place);
    }
  }
  return best;
}
