// The layout of large workflows, in a few milliseconds: layers from the start to the end, one straight column for each chain,
// right-angled edges in tracks between the layers, and lines to the same state joined. ELK's pictures of small ones are better;
// for hundreds of states its time is not worth it.
import type { Graph, GraphEdge, GraphNode } from "../asl/graph";

export interface Point {
  x: number;
  y: number;
}

export interface Sizes {
  of: (node: GraphNode) => { width: number; height: number };
  label: (text: string) => number;
  inset: { top: number; side: number }; // of a group around what lies in it
  least: { width: number; height: number }; // of a group
}

export interface Placing {
  nodes: Map<string, { x: number; y: number; width: number; height: number }>; // within their group
  edges: Map<string, { points: Point[]; labelAt?: { x: number; y: number; width: number } }>; // of the whole canvas
  width: number;
  height: number;
}

const apart = 32, trackStep = 14, margin = 16, labelStep = 20;

/** A node, or a place that a line goes through. "Across" is along a layer, "along" from layer to layer. */
interface Item {
  node?: GraphNode;
  across: number; // its size
  along: number;
  layer: number;
  at: number; // its middle in its layer
  index: number; // in its layer
}

interface Link {
  edge: GraphEdge;
  items: Item[]; // from its state, through its places, to its state
  back: boolean;
}

/** What has to cross a gap between two layers. */
interface Run {
  from: number;
  to: number;
  rank: number; // of its track: what turns round below its layer first, what turns round above its layer last
  track: number;
}

export function place(graph: Graph, down: boolean, sizes: Sizes): Placing {
  const inside = new Map<string | undefined, GraphNode[]>();
  for (const node of graph.nodes) inside.set(node.parent, [...(inside.get(node.parent) ?? []), node]);
  const parentOf = new Map(graph.nodes.map((n) => [n.id, n.parent]));
  const within = new Map<string | undefined, GraphEdge[]>();
  for (const edge of graph.edges) {
    const list = within.get(parentOf.get(edge.from));
    if (list) list.push(edge);
    else within.set(parentOf.get(edge.from), [edge]);
  }
  const placing: Placing = { nodes: new Map(), edges: new Map(), width: 0, height: 0 };
  const moved: Array<[string | undefined, Placed]> = [];
  const group = (id: string | undefined): { width: number; height: number } => {
    const own = inside.get(id) ?? [];
    const sizeOf = new Map(own.map((node) => [node.id, node.kind === "group" ? group(node.id) : sizes.of(node)]));
    const placed = level(own, within.get(id) ?? [], sizeOf, down, sizes);
    const inset = id === undefined ? { top: 8, side: 8 } : sizes.inset;
    const size = { width: placed.width + inset.side * 2, height: placed.height + inset.top + inset.side };
    const wide = id === undefined ? size : { width: Math.max(size.width, sizes.least.width), height: Math.max(size.height, sizes.least.height) };
    const shift = { x: inset.side + (wide.width - size.width) / 2, y: inset.top };
    for (const [node, p] of placed.corners) placing.nodes.set(node, { x: p.x + shift.x, y: p.y + shift.y, ...sizeOf.get(node)! });
    for (const line of placed.lines.values()) {
      line.points = line.points.map((p) => ({ x: p.x + shift.x, y: p.y + shift.y }));
      if (line.labelAt) line.labelAt = { ...line.labelAt, x: line.labelAt.x + shift.x, y: line.labelAt.y + shift.y };
    }
    moved.push([id, placed]);
    return wide;
  };
  const { width, height } = group(undefined);
  const origin = (id: string | undefined): Point => {
    let x = 0, y = 0;
    for (let at = id; at !== undefined; at = parentOf.get(at)) {
      x += placing.nodes.get(at)!.x;
      y += placing.nodes.get(at)!.y;
    }
    return { x, y };
  };
  for (const [id, placed] of moved) {
    const o = origin(id);
    for (const [edge, line] of placed.lines)
      placing.edges.set(edge, { points: line.points.map((p) => ({ x: p.x + o.x, y: p.y + o.y })), labelAt: line.labelAt && { ...line.labelAt, x: line.labelAt.x + o.x, y: line.labelAt.y + o.y } });
  }
  return { ...placing, width, height };
}

interface Placed {
  corners: Map<string, Point>;
  lines: Map<string, { points: Point[]; labelAt?: { x: number; y: number; width: number } }>;
  width: number;
  height: number;
}

function level(nodes: GraphNode[], edges: GraphEdge[], sizeOf: Map<string, { width: number; height: number }>, down: boolean, sizes: Sizes): Placed {
  const items = new Map<string, Item>();
  for (const node of nodes) {
    const size = sizeOf.get(node.id)!;
    items.set(node.id, { node, across: down ? size.width : size.height, along: down ? size.height : size.width, layer: 0, at: 0, index: 0 });
  }
  const order = layers(nodes, edges, items);
  const links = thread(edges, items);
  const rows = arrange(order, links, items);
  columns(rows, links, (link) => (down && link.edge.label ? sizes.label(link.edge.label) : 0));
  return route(rows, links, down, sizes);
}

/** Gives each node its layer, and answers the nodes in the order of a walk from the start, which keeps branches together. */
function layers(nodes: GraphNode[], edges: GraphEdge[], items: Map<string, Item>): string[] {
  const out = new Map<string, string[]>(nodes.map((n) => [n.id, []]));
  for (const edge of edges) if (edge.from !== edge.to) out.get(edge.from)!.push(edge.to);
  const seen = new Set<string>(), open = new Set<string>(), finished: string[] = [], entered: string[] = [];
  const ahead = new Map<string, string[]>(nodes.map((n) => [n.id, []]));
  for (const { id: root } of nodes) {
    if (seen.has(root)) continue;
    const stack = [{ id: root, next: 0 }];
    seen.add(root), open.add(root), entered.push(root);
    while (stack.length) {
      const top = stack.at(-1)!;
      const to = out.get(top.id)![top.next++];
      if (to === undefined) {
        open.delete(top.id), finished.push(top.id), stack.pop();
        continue;
      }
      if (!open.has(to)) ahead.get(top.id)!.push(to); // what is open leads back to where it came from
      if (seen.has(to)) continue;
      seen.add(to), open.add(to), entered.push(to), stack.push({ id: to, next: 0 });
    }
  }
  for (const id of finished.reverse()) for (const to of ahead.get(id)!) items.get(to)!.layer = Math.max(items.get(to)!.layer, items.get(id)!.layer + 1);
  return entered;
}

/** Each edge with the places that it goes through. Those to the same state go through the same places. */
function thread(edges: GraphEdge[], items: Map<string, Item>): Link[] {
  const shared = new Map<string, Item>();
  const through = (to: string, layer: number, back: boolean) => {
    const key = `${back}/${layer}/${to}`;
    let item = shared.get(key);
    if (!item) shared.set(key, (item = { across: 0, along: 0, layer, at: 0, index: 0 }));
    return item;
  };
  return edges.map((edge) => {
    const from = items.get(edge.from)!, to = items.get(edge.to)!;
    const back = from.layer >= to.layer;
    const places: Item[] = [];
    if (back) for (let l = from.layer; l >= to.layer; --l) places.push(through(edge.to, l, true));
    else for (let l = from.layer + 1; l < to.layer; ++l) places.push(through(edge.to, l, false));
    return { edge, back, items: [from, ...places, to] };
  });
}

type Neighbours = Map<Item, Item[]>;

/** Pairs of items in neighbouring layers, once each. */
function neighbours(links: Link[]): { above: Neighbours; below: Neighbours } {
  const above: Neighbours = new Map(), below: Neighbours = new Map();
  const join = (map: Neighbours, a: Item, b: Item) => {
    const list = map.get(a);
    if (!list) map.set(a, [b]);
    else if (!list.includes(b)) list.push(b);
  };
  for (const link of links) {
    for (let i = 1; i < link.items.length; ++i) {
      const [a, b] = [link.items[i - 1], link.items[i]].sort((p, q) => p.layer - q.layer);
      if (a.layer + 1 !== b.layer) continue; // it turns round here
      join(below, a, b), join(above, b, a);
    }
  }
  return { above, below };
}

/** The order in the layers: as the walk met them, then sorted by the middle of their neighbours while that lessens the crossings. */
function arrange(order: string[], links: Link[], items: Map<string, Item>): Item[][] {
  const rows: Item[][] = [];
  const put = (item: Item) => {
    const row = (rows[item.layer] ??= []);
    if (row[item.index] !== item) (item.index = row.length), row.push(item);
  };
  const leaving = new Map<string, Link[]>();
  for (const link of links) leaving.set(link.edge.from, [...(leaving.get(link.edge.from) ?? []), link]);
  for (const id of order) {
    put(items.get(id)!);
    for (const link of leaving.get(id) ?? []) for (const item of link.items.slice(1, -1)) put(item);
  }
  const { above, below } = neighbours(links);
  const best = { crossings: crossings(rows, below), rows: rows.map((r) => [...r]) };
  for (let sweep = 0; sweep < 6 && best.crossings > 0; ++sweep) {
    const down = sweep % 2 === 0;
    const near = down ? above : below;
    for (const row of down ? rows : [...rows].reverse()) {
      const middle = new Map(row.map((item) => {
        const list = near.get(item);
        return [item, list ? list.reduce((sum, n) => sum + n.index, 0) / list.length : item.index];
      }));
      row.sort((a, b) => middle.get(a)! - middle.get(b)!).forEach((item, i) => (item.index = i));
    }
    const now = crossings(rows, below);
    if (now < best.crossings) (best.crossings = now), (best.rows = rows.map((r) => [...r]));
  }
  for (const row of best.rows) row.forEach((item, i) => (item.index = i));
  return best.rows;
}

function crossings(rows: Item[][], below: Neighbours): number {
  let count = 0;
  for (const row of rows) {
    const ends = row.flatMap((item) => (below.get(item) ?? []).map((n) => n.index).sort((a, b) => a - b));
    const width = Math.max(0, ...ends) + 1;
    const tree = new Int32Array(width + 1); // how many ends so far, by place
    ends.forEach((end, before) => {
      let notRight = 0;
      for (let i = end + 1; i > 0; i -= i & -i) notRight += tree[i];
      count += before - notRight;
      for (let i = end + 1; i <= width; i += i & -i) ++tree[i];
    });
  }
  return count;
}

/** Where in its layer each item is: chains become straight columns (Brandes and Köpf's alignment), packed to the left. */
function columns(rows: Item[][], links: Link[], labelOf: (link: Link) => number) {
  for (const link of links) {
    const first = link.items[1];
    if (!first.node) first.across = Math.max(first.across, labelOf(link));
  }
  const { above } = neighbours(links);
  const root = new Map<Item, Item>(rows.flat().map((i) => [i, i]));
  const next = new Map<Item, Item>();
  rows.forEach((row, l) => {
    if (l === 0) return;
    // A line of places is straight before anything else is: what would cross one is not aligned.
    const straight = row.flatMap((item) => (item.node ? [] : (above.get(item) ?? []).filter((u) => !u.node).map((u) => [u.index, item.index] as const)));
    const crosses = (u: Item, v: Item) => straight.some(([a, b]) => (a < u.index && b > v.index) || (a > u.index && b < v.index));
    let last = -1;
    for (const item of row) {
      const list = [...(above.get(item) ?? [])].sort((a, b) => a.index - b.index);
      for (const m of [Math.floor((list.length - 1) / 2), Math.ceil((list.length - 1) / 2)]) {
        const u = list[m];
        if (!u || next.has(u) || u.index <= last || crosses(u, item)) continue;
        next.set(u, item), root.set(item, root.get(u)!);
        last = u.index;
        break;
      }
    }
  });
  // Each column as far left as what lies left of its members lets it.
  const members = new Map<Item, Item[]>();
  for (const [item, r] of root) members.set(r, [...(members.get(r) ?? []), item]);
  const waits = new Map<Item, number>(), opens = new Map<Item, Item[]>();
  for (const row of rows) {
    for (let i = 1; i < row.length; ++i) {
      const column = root.get(row[i])!, left = root.get(row[i - 1])!;
      waits.set(column, (waits.get(column) ?? 0) + 1);
      opens.set(left, [...(opens.get(left) ?? []), column]);
    }
  }
  const ready = [...members.keys()].filter((r) => !waits.get(r));
  while (ready.length) {
    const column = ready.pop()!;
    let at = 0;
    for (const item of members.get(column)!) {
      const left = rows[item.layer][item.index - 1];
      at = Math.max(at, left ? left.at + (left.across + item.across) / 2 + (left.node || item.node ? apart : apart / 2) : item.across / 2);
    }
    for (const item of members.get(column)!) item.at = at;
    for (const right of opens.get(column) ?? []) {
      waits.set(right, waits.get(right)! - 1);
      if (waits.get(right) === 0) ready.push(right);
    }
  }
}

/** The lines, in tracks between the layers; and with them how far apart the layers are. */
function route(rows: Item[][], links: Link[], down: boolean, sizes: Sizes): Placed {
  // Gap g lies above layer g; the last one below the last layer.
  const gaps: Array<Map<string, Run>> = Array.from({ length: rows.length + 1 }, () => new Map());
  const labels: Array<Map<Item, number>> = gaps.map(() => new Map());
  const numbers = new Map<Item, number>();
  const nameOf = (item: Item) => numbers.get(item) ?? (numbers.set(item, numbers.size), numbers.size - 1);
  const cross = (gap: number, key: string, a: Item, b: Item, rank: number) => {
    const run = gaps[gap].get(key);
    if (run) (run.from = Math.min(run.from, a.at, b.at)), (run.to = Math.max(run.to, a.at, b.at));
    else gaps[gap].set(key, { from: Math.min(a.at, b.at), to: Math.max(a.at, b.at), rank, track: 0 });
  };
  type Step = { gap: number; key: string; a: Item; b: Item };
  const steps = links.map((link) => {
    const made: Step[] = [];
    for (let i = 1; i < link.items.length; ++i) {
      const a = link.items[i - 1], b = link.items[i];
      const turnsBelow = link.back && i === 1, turnsAbove = link.back && i === link.items.length - 1;
      const gap = turnsBelow ? a.layer + 1 : turnsAbove ? b.layer : Math.max(a.layer, b.layer);
      const key = turnsBelow ? `u${nameOf(b)}` : turnsAbove ? `a${nameOf(b)}` : `d${nameOf(b)}`;
      // Farther to the side is nearer to where it comes from: then it crosses nothing that goes less far.
      cross(gap, key, a, b, turnsBelow ? -Infinity : turnsAbove ? Infinity : -Math.abs(b.at - a.at));
      made.push({ gap, key, a, b });
    }
    return made;
  });
  const stacked = links.map((link, i) => {
    if (!link.edge.label) return undefined;
    const { gap, b } = steps[i][0];
    const before = labels[gap].get(b) ?? 0;
    labels[gap].set(b, before + 1);
    return before;
  });
  const trackCount = gaps.map((gap) => {
    const done: Run[] = [];
    for (const run of [...gap.values()].sort((p, q) => p.rank - q.rank)) {
      if (run.to - run.from < 0.5) continue;
      run.track = 1 + done.reduce((most, d) => (d.from - 6 < run.to && run.from < d.to + 6 ? Math.max(most, d.track) : most), 0);
      done.push(run);
    }
    return done.reduce((most, d) => Math.max(most, d.track), 0);
  });
  // How much room the words take between two layers: under each other where layers are, beside each other where they are columns.
  const room = gaps.map((_, g) => {
    const stack = Math.max(0, ...labels[g].values());
    if (stack === 0) return 0;
    return down ? stack * labelStep : Math.max(...links.map((link, i) => (link.edge.label && steps[i][0].gap === g ? sizes.label(link.edge.label) + 8 : 0)));
  });
  const top: number[] = [], gapAt: number[] = [];
  let along = 0;
  rows.forEach((row, l) => {
    gapAt[l] = along;
    if (l > 0 || gaps[0].size > 0) along += margin * 2 + trackCount[l] * trackStep + room[l];
    top[l] = along;
    along += row.reduce((most, item) => Math.max(most, item.along), 0);
  });
  gapAt[rows.length] = along;
  if (gaps[rows.length].size > 0) along += margin * 2 + trackCount[rows.length] * trackStep + room[rows.length];

  const turned = (across: number, a: number): Point => (down ? { x: across, y: a } : { x: a, y: across });
  const corners = new Map<string, Point>();
  let across = 0;
  for (const row of rows) {
    for (const item of row) {
      across = Math.max(across, item.at + item.across / 2);
      if (item.node) corners.set(item.node.id, turned(item.at - item.across / 2, top[item.layer]));
    }
  }
  const lines: Placed["lines"] = new Map();
  links.forEach((link, i) => {
    const from = link.items[0], to = link.items.at(-1)!;
    const points = [turned(from.at, top[from.layer] + from.along)];
    for (const { gap, key, a, b } of steps[i]) {
      const track = gapAt[gap] + margin + gaps[gap].get(key)!.track * trackStep - trackStep / 2;
      if (Math.abs(a.at - b.at) >= 0.5) points.push(turned(a.at, track), turned(b.at, track));
    }
    points.push(turned(to.at, top[to.layer]));
    const { gap, b } = steps[i][0];
    const width = link.edge.label ? sizes.label(link.edge.label) : 0;
    const at = stacked[i];
    const begin = gapAt[gap] + margin + trackCount[gap] * trackStep;
    lines.set(link.edge.id, { points: plain(points), labelAt: at === undefined ? undefined : { ...turned(b.at + (down ? 0 : at * labelStep), down ? begin + at * labelStep + labelStep / 2 : begin + width / 2 + 4), width } });
  });
  return { corners, lines, width: down ? across : along, height: down ? along : across };
}

/** Without the points that change nothing. */
function plain(points: Point[]): Point[] {
  const out: Point[] = [];
  for (const p of points) {
    const [a, b] = [out.at(-2), out.at(-1)];
    if (b && Math.abs(b.x - p.x) < 0.01 && Math.abs(b.y - p.y) < 0.01) continue;
    if (a && b && ((Math.abs(a.x - b.x) < 0.01 && Math.abs(b.x - p.x) < 0.01) || (Math.abs(a.y - b.y) < 0.01 && Math.abs(b.y - p.y) < 0.01))) out.pop();
    out.push(p);
  }
  return out;
}
