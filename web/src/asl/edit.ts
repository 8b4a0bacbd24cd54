// Edits of a definition, each a pure function: a machine comes in, another goes out, and nothing else happens.
//
// What leads from state to state is a slot: the place where a name is written (StartAt, Next, Default, a rule's or a catcher's
// Next). Inserting at a slot puts the new states between it and what it led to; where it led nowhere, they are the last.
import { inner, type Machine, type StateDefinition } from "./definition";

export type Slot =
  | { kind: "start"; owner?: string; branch: number } // of the machine itself, or of a Parallel's branch or a Map's processor
  | { kind: "next"; from: string }
  | { kind: "default"; from: string }
  | { kind: "choice"; from: string; index: number }
  | { kind: "catch"; from: string; index: number };

/** In states to be inserted: leads to what comes after them. */
export const onward = "\0onward";

export interface Edited {
  machine: Machine;
  name: string | undefined; // the state that the edit leaves chosen
}

interface Found {
  machine: Machine; // that the state lies in
  owner?: string;
  branch: number;
  state: StateDefinition;
}

const isTerminal = (state: StateDefinition) => state.Type === "Succeed" || state.Type === "Fail";
const statesOf = (machine: Machine) => (machine.States ??= {});

export function find(root: Machine, name: string, owner?: string, branch = 0): Found | undefined {
  const state = root.States?.[name];
  if (state && Object.hasOwn(root.States!, name)) return { machine: root, owner, branch, state };
  for (const [outer, s] of Object.entries(root.States ?? {})) {
    if (!s || typeof s !== "object") continue;
    const machines = inner(s);
    for (let i = 0; i < machines.length; ++i) {
      const found = find(machines[i], name, outer, i);
      if (found) return found;
    }
  }
  return undefined;
}

function machineAt(root: Machine, owner: string | undefined, branch: number): Machine | undefined {
  if (owner === undefined) return root;
  const found = find(root, owner);
  return found && inner(found.state)[branch];
}

/** The machine that a slot's states lie in. */
function around(root: Machine, slot: Slot): Machine | undefined {
  return slot.kind === "start" ? machineAt(root, slot.owner, slot.branch) : find(root, slot.from)?.machine;
}

export function target(root: Machine, slot: Slot): string | undefined {
  if (slot.kind === "start") return machineAt(root, slot.owner, slot.branch)?.StartAt;
  const state = find(root, slot.from)?.state;
  if (slot.kind === "next") return state?.Next;
  if (slot.kind === "default") return state?.Default;
  return (slot.kind === "choice" ? state?.Choices : state?.Catch)?.[slot.index]?.Next;
}

/** Another member in a member's place, so that the order of the text stays. */
function replaceMember(object: Record<string, unknown>, from: string, to: string, value: unknown) {
  const entries = Object.entries(object);
  for (const [key] of entries) delete object[key];
  let done = false;
  for (const [key, old] of entries) {
    if (key !== from && key !== to) object[key] = old;
    else if (!done) (object[to] = value), (done = true);
  }
  if (!done) object[to] = value;
}

function insertMember(object: Record<string, unknown>, after: string | undefined, added: Record<string, unknown>) {
  const entries = Object.entries(object);
  for (const [key] of entries) delete object[key];
  if (after === undefined || !entries.some(([key]) => key === after)) Object.assign(object, added);
  for (const [key, old] of entries) {
    object[key] = old;
    if (key === after) Object.assign(object, added);
  }
}

function lead(root: Machine, slot: Slot, to: string | undefined) {
  const point = (holder: { Next?: string } | undefined) => {
    if (!holder) return;
    if (to === undefined) delete holder.Next;
    else holder.Next = to;
  };
  if (slot.kind === "start") {
    const machine = machineAt(root, slot.owner, slot.branch);
    if (!machine) return;
    if (to === undefined) delete machine.StartAt;
    else if (machine.StartAt !== undefined) machine.StartAt = to;
    else insertMember(machine as Record<string, unknown>, Object.keys(machine).filter((k) => k !== "States").at(-1), { StartAt: to });
    return;
  }
  const state = find(root, slot.from)?.state;
  if (!state) return;
  if (slot.kind === "next") {
    if (to === undefined) replaceMember(state, "Next", "End", true);
    else replaceMember(state, state.Next !== undefined ? "Next" : "End", "Next", to), delete state.End;
  } else if (slot.kind === "default") {
    if (to === undefined) delete state.Default;
    else state.Default = to;
  } else point((slot.kind === "choice" ? state.Choices : state.Catch)?.[slot.index]);
}

/** Every slot of one machine, not of those within its states. */
export function slotsOf(machine: Machine, owner?: string, branch = 0): Slot[] {
  const found: Slot[] = [{ kind: "start", owner, branch }];
  for (const [from, state] of Object.entries(machine.States ?? {})) {
    if (state.Type === "Choice") {
      (state.Choices ?? []).forEach((_, index) => found.push({ kind: "choice", from, index }));
      found.push({ kind: "default", from });
    } else if (!isTerminal(state)) found.push({ kind: "next", from });
    (state.Catch ?? []).forEach((_, index) => found.push({ kind: "catch", from, index }));
  }
  return found;
}

export function names(machine: Machine, found = new Set<string>()): Set<string> {
  for (const [name, state] of Object.entries(machine.States ?? {})) {
    found.add(name);
    if (state && typeof state === "object") for (const sub of inner(state)) names(sub, found);
  }
  return found;
}

/** "Pass", else "Pass (1)" and so on. */
export function freeName(taken: ReadonlySet<string>, wanted: string): string {
  if (!taken.has(wanted)) return wanted;
  const stem = wanted.replace(/ \(\d+\)$/, "");
  for (let n = 1; ; ++n) {
    const name = `${[...stem].slice(0, 74).join("")} (${n})`;
    if (!taken.has(name)) return name;
  }
}

/** What is wrong with a name that a state is to get. */
export function nameProblem(root: Machine, name: string, current?: string): string | undefined {
  if (name === "") return "A state has a name.";
  if ([...name].length > 80) return `A name can have at most 80 characters; this one has ${[...name].length}.`;
  if (name !== current && names(root).has(name)) return "Another state has this name.";
  return undefined;
}

function eachPointer(machine: Machine, change: (name: string) => string | undefined) {
  const point = (holder: Record<string, unknown>, member: string) => {
    if (typeof holder[member] !== "string") return;
    const to = change(holder[member]);
    if (to === undefined) delete holder[member];
    else holder[member] = to;
  };
  point(machine as Record<string, unknown>, "StartAt");
  for (const state of Object.values(machine.States ?? {})) {
    if (state.Next !== undefined) {
      const to = change(state.Next);
      if (to === undefined) replaceMember(state, "Next", "End", true);
      else state.Next = to;
    }
    point(state, "Default");
    for (const list of [state.Choices, state.Catch]) for (const item of list ?? []) point(item as Record<string, unknown>, "Next");
  }
}

/** The states under names that are free, those within them too. */
function renamed(fragment: Machine, taken: Set<string>): Machine {
  const copy = structuredClone(fragment);
  const called = new Map<string, string>();
  for (const name of Object.keys(copy.States ?? {})) {
    const free = freeName(taken, name);
    taken.add(free);
    called.set(name, free);
  }
  eachPointer(copy, (name) => called.get(name) ?? name);
  copy.States = Object.fromEntries(
    Object.entries(copy.States ?? {}).map(([name, state]) => {
      if (state.Type === "Parallel" && Array.isArray(state.Branches)) state.Branches = state.Branches.map((b) => renamed(b, taken));
      if (state.Type === "Map" && state.ItemProcessor) state.ItemProcessor = renamed(state.ItemProcessor, taken);
      else if (state.Type === "Map" && state.Iterator) state.Iterator = renamed(state.Iterator, taken);
      return [called.get(name)!, state];
    }),
  );
  return copy;
}

/** Puts the fragment's states at the slots (several that led to the same state), and what those led to behind them. */
export function insert(machine: Machine, slots: readonly Slot[], fragment: Machine): Edited {
  const root = structuredClone(machine);
  const slot = slots[0];
  const home = slot && around(root, slot);
  const from = slot && slot.kind !== "start" ? find(root, slot.from)?.state : undefined;
  if (!home || (slot.kind === "next" && from && isTerminal(from))) return { machine, name: undefined };
  const after = target(root, slot);
  const added = renamed(fragment, names(root));
  eachPointer(added, (name) => (name === onward ? after : name));
  insertMember(statesOf(home), slot.kind === "start" ? undefined : slot.from, added.States!);
  for (const s of slots) lead(root, s, added.StartAt);
  return { machine: root, name: added.StartAt };
}

const successor = (name: string, state: StateDefinition): string | undefined => {
  const to = state.Type === "Choice" ? (state.Default ?? state.Choices?.find((c) => c.Next !== undefined && c.Next !== name)?.Next) : state.Next;
  return to === name ? undefined : to;
};

/** Takes a state out; what led to it leads to what came after it. */
export function remove(machine: Machine, name: string): Edited {
  const root = structuredClone(machine);
  const found = find(root, name);
  if (!found) return { machine, name: undefined };
  const next = successor(name, found.state);
  for (const slot of slotsOf(found.machine, found.owner, found.branch)) {
    if (slot.kind !== "start" && slot.from === name) continue;
    if (target(root, slot) === name) lead(root, slot, next);
  }
  delete found.machine.States![name];
  return { machine: root, name: next };
}

/** Takes a state to other slots. Where that is within itself, or where it is already, nothing changes. */
export function move(machine: Machine, name: string, slots: readonly Slot[]): Edited {
  const same = { machine, name };
  const found = find(machine, name);
  if (!found || slots.length === 0) return same;
  for (const slot of slots) {
    if (slot.kind !== "start" && slot.from === name) return same;
    if (target(machine, slot) === name) return same;
    const owner = slot.kind === "start" ? slot.owner : slot.from;
    if (owner !== undefined && (owner === name || inner(found.state).some((m) => names(m).has(owner)))) return same;
  }
  const without = remove(machine, name).machine;
  const home = around(without, slots[0]);
  if (!home) return same;
  const fragment: Machine = { StartAt: name, States: { [name]: structuredClone(found.state) } };
  const state = fragment.States![name];
  // What it leads to by rules and catchers has to be where it is now.
  const near = (to: string | undefined) => (to !== undefined && to !== name && Object.hasOwn(home.States ?? {}, to) ? to : undefined);
  for (const c of state.Choices ?? []) {
    const to = near(c.Next);
    if (to === undefined) delete c.Next;
    else c.Next = to;
  }
  if (state.Catch) state.Catch = state.Catch.filter((c) => near(c.Next) !== undefined);
  if (state.Catch?.length === 0) delete state.Catch;
  if (state.Type === "Choice") state.Default = onward;
  else if (!isTerminal(state)) replaceMember(state, state.Next !== undefined ? "Next" : "End", "Next", onward), delete state.End;
  return insert(without, slots, fragment);
}

/** Gives a state another name, wherever it is mentioned. */
export function rename(machine: Machine, name: string, to: string): Edited {
  if (name === to || nameProblem(machine, to, name)) return { machine, name };
  const root = structuredClone(machine);
  const found = find(root, name);
  if (!found) return { machine, name };
  replaceMember(found.machine.States as Record<string, unknown>, name, to, found.state);
  eachPointer(found.machine, (n) => (n === name ? to : n));
  return { machine: root, name: to };
}

/** A copy of the state, behind it. */
export function duplicate(machine: Machine, name: string): Edited {
  const found = find(machine, name);
  if (!found) return { machine, name };
  const state = structuredClone(found.state);
  if (isTerminal(state)) {
    const root = structuredClone(machine);
    const copy = freeName(names(root), name);
    insertMember(find(root, name)!.machine.States as Record<string, unknown>, name, { [copy]: state });
    return { machine: root, name: copy };
  }
  if (state.Type === "Choice") state.Default = onward;
  else replaceMember(state, state.Next !== undefined ? "Next" : "End", "Next", onward), delete state.End;
  return insert(machine, [state.Type === "Choice" ? { kind: "default", from: name } : { kind: "next", from: name }], { StartAt: name, States: { [name]: state } });
}

/** Lets a slot lead to a state of its own machine; to none: the machine ends there. */
export function connect(machine: Machine, slot: Slot, to: string | undefined): Edited {
  const root = structuredClone(machine);
  const home = around(root, slot);
  if (!home || (to !== undefined && !Object.hasOwn(home.States ?? {}, to))) return { machine, name: undefined };
  lead(root, slot, to);
  return { machine: root, name: slot.kind === "start" ? to : slot.from };
}

/** The states that a slot may lead to. */
export const targets = (machine: Machine, name: string): string[] => Object.keys(find(machine, name)?.machine.States ?? {});

/** Changes a state's members; one that is undefined goes. */
export function change(machine: Machine, name: string, members: Partial<StateDefinition>): Machine {
  const root = structuredClone(machine);
  const state = find(root, name)?.state;
  if (!state) return machine;
  for (const [member, value] of Object.entries(members)) {
    if (value === undefined) delete state[member];
    else state[member] = value;
  }
  return root;
}

/** Changes the machine's own members; one that is undefined goes. */
export function changeMachine(machine: Machine, members: Partial<Machine>): Machine {
  const { States, StartAt, ...head } = structuredClone(machine);
  const merged: Record<string, unknown> = { ...head, ...members };
  for (const [member, value] of Object.entries(merged)) if (value === undefined) delete merged[member];
  return { ...merged, ...(StartAt !== undefined ? { StartAt } : {}), States };
}

export function addBranch(machine: Machine, parallel: string): Machine {
  return change(machine, parallel, { Branches: [...(find(machine, parallel)?.state.Branches ?? []), { States: {} }] });
}

export function removeBranch(machine: Machine, parallel: string, branch: number): Machine {
  return change(machine, parallel, { Branches: (find(machine, parallel)?.state.Branches ?? []).filter((_, i) => i !== branch) });
}

/** Whether a state speaks JSONata, by itself or by its machine. */
export const speaksJsonata = (machine: Machine, name?: string) => (((name !== undefined ? find(machine, name)?.state.QueryLanguage : undefined) ?? machine.QueryLanguage) === "JSONata");
