// A definition as nodes and edges. A Parallel's branches and a Map's processor lie inside their state's node.
import { inner, type Machine, type StateDefinition } from "./definition";

export type NodeKind = "start" | "end" | "state" | "group";

export interface GraphNode {
  id: string; // a state's name, "start" and "end" marks behind a NUL (which no name has)
  kind: NodeKind;
  name: string;
  state?: StateDefinition;
  parent?: string; // the group that it lies in
}

export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  kind: "next" | "choice" | "default" | "catch" | "mark";
  label?: string;
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export const startOf = (group: string | undefined, branch = 0) => `\0start/${group ?? ""}/${branch}`;
export const endOf = (group: string | undefined, branch = 0) => `\0end/${group ?? ""}/${branch}`;

const isMachine = (state: StateDefinition) => inner(state).some((m) => m.States && Object.keys(m.States).length > 0);

export function toGraph(machine: Machine): Graph {
  const graph: Graph = { nodes: [], edges: [] };
  const names = new Set<string>();
  add(graph, machine, undefined, 0, names);
  return graph;
}

function add(graph: Graph, machine: Machine, group: string | undefined, branch: number, names: Set<string>) {
  const states = Object.entries(machine.States ?? {}).filter(([name, state]) => state && typeof state === "object" && !names.has(name));
  for (const [name] of states) names.add(name);
  const own = new Set(states.map(([name]) => name));
  const edge = (from: string, to: unknown, kind: GraphEdge["kind"], label?: string) => {
    if (typeof to !== "string" || !own.has(to)) return;
    const id = `${from}\0${to}\0${kind}`;
    const same = graph.edges.find((e) => e.id === id);
    if (same) {
      if (label && same.label && same.label !== label) same.label = `${same.label}, ${label}`;
    } else graph.edges.push({ id, from, to, kind, label });
  };
  const top = group === undefined;
  if (top) graph.nodes.push({ id: startOf(group), kind: "start", name: "Start" });
  let ends = false;
  for (const [name, state] of states) {
    const nested = isMachine(state);
    graph.nodes.push({ id: name, kind: nested ? "group" : "state", name, state, parent: group });
    if (nested) inner(state).forEach((m, i) => add(graph, m, name, i, names));
  }
  if (top && typeof machine.StartAt === "string" && own.has(machine.StartAt)) {
    graph.edges.push({ id: `\0start-edge/${branch}`, from: startOf(group), to: machine.StartAt, kind: "mark" });
  }
  for (const [name, state] of states) {
    if (state.Type === "Choice") {
      for (const choice of state.Choices ?? []) edge(name, choice?.Next, "choice", conditionText(choice));
      edge(name, state.Default, "default", "Default");
    } else edge(name, state.Next, "next");
    for (const c of state.Catch ?? []) edge(name, c?.Next, "catch", c?.Comment ?? `Catch: ${(c?.ErrorEquals ?? []).join(", ")}`);
    const last = state.End === true || state.Type === "Succeed" || state.Type === "Fail";
    if (top && last) {
      ends = true;
      graph.edges.push({ id: `${name}\0end`, from: name, to: endOf(group), kind: "mark" });
    }
  }
  if (top && ends) graph.nodes.push({ id: endOf(group), kind: "end", name: "End" });
}

const operators: Array<[RegExp, string]> = [
  [/GreaterThanEquals/, "≥"], [/LessThanEquals/, "≤"], [/GreaterThan/, ">"], [/LessThan/, "<"], [/Matches/, "matches"], [/Equals/, "=="],
];

/** A choice rule as a line of text. */
export function conditionText(rule: Record<string, unknown> | undefined, depth = 0): string {
  if (!rule || typeof rule !== "object") return "";
  if (typeof rule.Comment === "string" && depth === 0) return rule.Comment;
  if (typeof rule.Condition === "string") return rule.Condition.replace(/^\{%\s*|\s*%\}$/g, "");
  for (const [member, word] of [["And", " and "], ["Or", " or "]] as const) {
    const list = rule[member];
    if (Array.isArray(list)) return list.map((r) => (depth ? `(${conditionText(r, depth + 1)})` : conditionText(r, depth + 1))).join(word);
  }
  if (rule.Not && typeof rule.Not === "object") return `not (${conditionText(rule.Not as Record<string, unknown>, depth + 1)})`;
  const variable = String(rule.Variable ?? "");
  for (const [member, value] of Object.entries(rule)) {
    if (["Variable", "Next", "Comment", "Output", "Assign"].includes(member)) continue;
    if (/^Is/.test(member)) return `${variable} is ${value === false ? "not " : ""}${member.slice(2).toLowerCase()}`;
    const found = operators.find(([pattern]) => pattern.test(member));
    if (found) return `${variable} ${found[1]} ${typeof value === "string" && !member.endsWith("Path") ? `"${value}"` : String(value)}`;
  }
  return variable;
}
