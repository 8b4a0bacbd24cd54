// A definition as nodes and edges. A Parallel's branches and a Map's processor lie inside their state's node.
import { inner, type Machine, type StateDefinition } from "./definition";
import type { Slot } from "./edit";

/** "empty" is where a state is missing: only where a definition is edited. */
export type NodeKind = "start" | "end" | "state" | "group" | "empty";

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
  slots?: Slot[]; // what it stands for, where the definition is edited
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export const startOf = (group: string | undefined, branch = 0) => `\0start/${group ?? ""}/${branch}`;
export const endOf = (group: string | undefined, branch = 0) => `\0end/${group ?? ""}/${branch}`;

const isMachine = (state: StateDefinition) => inner(state).some((m) => m.States && Object.keys(m.States).length > 0);

/** With `editing`, every branch has its start and end, and what leads nowhere leads to an empty place. */
export function toGraph(machine: Machine, editing = false): Graph {
  const graph: Graph = { nodes: [], edges: [] };
  const names = new Set<string>();
  add(graph, machine, undefined, 0, names, editing);
  return graph;
}

function add(graph: Graph, machine: Machine, group: string | undefined, branch: number, names: Set<string>, editing: boolean) {
  const states = Object.entries(machine.States ?? {}).filter(([name, state]) => state && typeof state === "object" && !names.has(name));
  for (const [name] of states) names.add(name);
  const own = new Set(states.map(([name]) => name));
  const known = new Map<string, GraphEdge>();
  const link = (from: string, to: string, kind: GraphEdge["kind"], slot: Slot, label?: string) => {
    const id = `${from}\0${to}\0${kind}`;
    const same = known.get(id);
    if (same) {
      if (label && same.label && same.label !== label) same.label = `${same.label}, ${label}`;
      same.slots?.push(slot);
      return;
    }
    const made: GraphEdge = { id, from, to, kind, label, ...(editing ? { slots: [slot] } : {}) };
    known.set(id, made);
    graph.edges.push(made);
  };
  const edge = (from: string, to: unknown, kind: GraphEdge["kind"], slot: Slot, label?: string) => {
    if (typeof to === "string" && own.has(to)) return link(from, to, kind, slot, label);
    if (!editing) return;
    const id = `\0empty/${from}/${kind}/${"index" in slot ? slot.index : 0}`;
    graph.nodes.push({ id, kind: "empty", name: typeof to === "string" ? `No state "${to}"` : "Drop a state here", parent: group });
    link(from, id, kind, slot, label);
  };
  const top = group === undefined, marks = top || editing;
  const start: Slot = { kind: "start", owner: group, branch };
  if (marks) graph.nodes.push({ id: startOf(group, branch), kind: "start", name: top ? "Start" : "", parent: group });
  let ends = false;
  for (const [name, state] of states) {
    const nested = editing ? inner(state).length > 0 : isMachine(state);
    graph.nodes.push({ id: name, kind: nested ? "group" : "state", name, state, parent: group });
    if (nested) inner(state).forEach((m, i) => add(graph, m, name, i, names, editing));
  }
  if (marks && typeof machine.StartAt === "string" && own.has(machine.StartAt)) link(startOf(group, branch), machine.StartAt, "mark", start);
  else if (editing) edge(startOf(group, branch), machine.StartAt, "mark", start);
  for (const [name, state] of states) {
    const terminal = state.Type === "Succeed" || state.Type === "Fail";
    const last = state.End === true || terminal;
    if (state.Type === "Choice") {
      (state.Choices ?? []).forEach((choice, index) => edge(name, choice?.Next, "choice", { kind: "choice", from: name, index }, conditionText(choice) || undefined));
      if (state.Default !== undefined || editing) edge(name, state.Default, "default", { kind: "default", from: name }, "Default");
    } else if (!last) edge(name, state.Next, "next", { kind: "next", from: name });
    (state.Catch ?? []).forEach((c, index) => edge(name, c?.Next, "catch", { kind: "catch", from: name, index }, c?.Comment ?? `Catch: ${(c?.ErrorEquals ?? []).join(", ")}`));
    if (marks && last) {
      ends = true;
      link(name, endOf(group, branch), "mark", { kind: "next", from: name });
      if (editing && terminal) delete known.get(`${name}\0${endOf(group, branch)}\0mark`)!.slots;
    }
  }
  if (marks && ends) graph.nodes.push({ id: endOf(group, branch), kind: "end", name: top ? "End" : "", parent: group });
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
