// Where each node and edge of a graph goes. ELK thinks in a worker, so that it never holds up the page; what is so large that it
// would be long in coming is laid out here (layered.ts).
import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk-api.js";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import { serviceOf } from "../asl/definition";
import type { Graph, GraphEdge, GraphNode } from "../asl/graph";
import { place } from "./layered";

export type Direction = "DOWN" | "RIGHT";

export interface PlacedNode extends GraphNode {
  x: number; // within its group
  y: number;
  width: number;
  height: number;
}

export interface PlacedEdge extends GraphEdge {
  points: Array<{ x: number; y: number }>; // of the whole canvas
  labelAt?: { x: number; y: number; width: number };
}

export interface Layout {
  nodes: PlacedNode[];
  edges: PlacedEdge[];
  width: number;
  height: number;
}

const height = 60;
const mark = { width: 64, height: 32 };
const dot = { width: 14, height: 14 }; // where a branch begins and ends, while it is edited
/** As wide as its name, within bounds. */
// A state's name, and above it in small what it calls.
function widthOf({ name, state }: GraphNode): number {
  const called = state && serviceOf(state);
  return Math.max(200, Math.min(300, 108 + Math.max(name.length * 7.7, called ? (called.title.length + called.action.length + 2) * 5.9 : 0)));
}

let elk: InstanceType<typeof ELK> | undefined;
/** From how many on nobody looks at the whole at once, and ELK takes more than a moment. */
const large = 150;
const engine = () => (elk ??= new ELK({ workerFactory: () => new Worker(workerUrl) }));

const labelWidth = (label: string) => Math.min(220, 12 + label.length * 6.4);

/** Edges enter a node in the middle of one side and leave it in the middle of the other. */
function ports(id: string, size: { width: number; height: number } | undefined, direction: Direction) {
  const down = direction === "DOWN";
  const middle = size ? (down ? { x: size.width / 2 } : { y: size.height / 2 }) : {};
  const far = size ? (down ? { y: size.height } : { x: size.width }) : {};
  const port = (name: string, side: string, at: object) => ({ id: `${id}\0${name}`, width: 0, height: 0, ...(size ? { x: 0, y: 0 } : {}), ...middle, ...at, layoutOptions: { "elk.port.side": side } });
  return [port("in", down ? "NORTH" : "WEST", {}), port("out", down ? "SOUTH" : "EAST", far)];
}

/** The last few, so that a picture that was prepared, or was left a moment ago, is there at once. */
const recent = new Map<string, Promise<Layout>>();
const recentMost = 6;

export function layOut(graph: Graph, direction: Direction): Promise<Layout> {
  const key = JSON.stringify([direction, graph]);
  const found = recent.get(key) ?? think(graph, direction);
  recent.delete(key);
  recent.set(key, found);
  found.catch(() => recent.delete(key));
  if (recent.size > recentMost) recent.delete(recent.keys().next().value!);
  return found;
}

const sizeOf = (node: GraphNode) => (node.kind === "state" || node.kind === "empty" ? { width: widthOf(node), height } : node.parent ? dot : mark);

async function think(graph: Graph, direction: Direction): Promise<Layout> {
  if (graph.nodes.length > large) {
    const placed = place(graph, direction === "DOWN", { of: sizeOf, label: labelWidth, inset: { top: 64, side: 20 }, least: { width: 260, height: 120 } });
    return { nodes: graph.nodes.map((n) => ({ ...n, ...placed.nodes.get(n.id)! })), edges: graph.edges.map((e) => ({ ...e, ...placed.edges.get(e.id)! })), width: placed.width, height: placed.height };
  }
  const options = {
    "elk.algorithm": "layered",
    "elk.direction": direction,
    "elk.layered.spacing.nodeNodeBetweenLayers": "44",
    "elk.spacing.nodeNode": "28",
    "elk.spacing.edgeNode": "22",
    "elk.spacing.edgeEdge": "14",
    "elk.layered.spacing.edgeNodeBetweenLayers": "18",
    "elk.spacing.componentComponent": "36",
    "elk.edgeRouting": "ORTHOGONAL",
    "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
    "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
    // A loop goes back to where it began: what comes first stays on top.
    "elk.layered.cycleBreaking.strategy": "DEPTH_FIRST",
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    // The order of the definition is the order of the picture.
    "elk.layered.crossingMinimization.forceNodeModelOrder": graph.nodes.length <= 40 ? "true" : "false",
    // The branches of a Parallel begin beside each other.
    "elk.separateConnectedComponents": "false",
    "elk.padding": "[top=8,left=8,bottom=8,right=8]",
  };
  const children = new Map<string | undefined, GraphNode[]>();
  for (const node of graph.nodes) children.set(node.parent, [...(children.get(node.parent) ?? []), node]);
  const parentOf = new Map(graph.nodes.map((n) => [n.id, n.parent]));
  const edges = new Map<string | undefined, ElkExtendedEdge[]>();
  for (const edge of graph.edges) {
    const parent = parentOf.get(edge.from);
    const list = edges.get(parent) ?? [];
    list.push({
      id: edge.id, sources: [`${edge.from}\0out`], targets: [`${edge.to}\0in`],
      labels: edge.label ? [{ id: `${edge.id}\0label`, text: edge.label, width: labelWidth(edge.label), height: 18, layoutOptions: { "elk.edgeLabels.inline": "true" } }] : [],
    });
    edges.set(parent, list);
  }
  const build = (node: GraphNode): ElkNode => {
    if (node.kind !== "group") {
      const size = sizeOf(node);
      return { id: node.id, ...size, ports: ports(node.id, size, direction), layoutOptions: { "elk.portConstraints": "FIXED_POS" } };
    }
    return {
      id: node.id, ports: ports(node.id, undefined, direction),
      layoutOptions: {
        "elk.portConstraints": "FIXED_SIDE", ...options, "elk.portAlignment.default": "CENTER",
        "elk.padding": "[top=64,left=20,bottom=20,right=20]", "elk.nodeSize.constraints": "MINIMUM_SIZE", "elk.nodeSize.minimum": "(260, 120)" },
      children: (children.get(node.id) ?? []).map(build),
      edges: edges.get(node.id) ?? [],
    };
  };
  const placed: ElkNode = await engine().layout<ElkNode>({ id: "\0root", layoutOptions: options, children: (children.get(undefined) ?? []).map(build), edges: edges.get(undefined) ?? [] });

  const byId = new Map(graph.nodes.map((n) => [n.id, n]));
  const edgeById = new Map(graph.edges.map((e) => [e.id, e]));
  const layout: Layout = { nodes: [], edges: [], width: placed.width ?? 0, height: placed.height ?? 0 };
  const walk = (node: ElkNode, x: number, y: number) => {
    for (const child of node.children ?? []) {
      const known = byId.get(child.id)!;
      layout.nodes.push({ ...known, x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 200, height: child.height ?? height });
      walk(child, x + (child.x ?? 0), y + (child.y ?? 0));
    }
    for (const edge of (node.edges ?? []) as ElkExtendedEdge[]) {
      const known = edgeById.get(edge.id)!;
      const points = (edge.sections ?? []).flatMap((s) => [s.startPoint, ...(s.bendPoints ?? []), s.endPoint]).map((p) => ({ x: p.x + x, y: p.y + y }));
      const label = edge.labels?.[0];
      layout.edges.push({ ...known, points, labelAt: label ? { x: (label.x ?? 0) + x + (label.width ?? 0) / 2, y: (label.y ?? 0) + y + 9, width: label.width ?? 0 } : undefined });
    }
  };
  walk(placed, 0, 0);
  return layout;
}

/** The points as a path with rounded corners. */
export function pathOf(points: Array<{ x: number; y: number }>, radius = 8): string {
  if (points.length === 0) return "";
  let path = `M${points[0].x},${points[0].y}`;
  for (let i = 1; i < points.length; ++i) {
    const [a, b, c] = [points[i - 1], points[i], points[i + 1]];
    if (!c) {
      path += `L${b.x},${b.y}`;
      continue;
    }
    const before = Math.hypot(b.x - a.x, b.y - a.y), after = Math.hypot(c.x - b.x, c.y - b.y);
    const r = Math.min(radius, before / 2, after / 2);
    const near = { x: b.x - ((b.x - a.x) / (before || 1)) * r, y: b.y - ((b.y - a.y) / (before || 1)) * r };
    const far = { x: b.x + ((c.x - b.x) / (after || 1)) * r, y: b.y + ((c.y - b.y) / (after || 1)) * r };
    path += `L${near.x},${near.y}Q${b.x},${b.y} ${far.x},${far.y}`;
  }
  return path;
}
