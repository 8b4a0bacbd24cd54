// Addresses behind the '#': "#/statemachines/view/<arn>?tab=definition". Every page and every state of an execution has one.
import { useSyncExternalStore } from "react";

export interface Place {
  path: string[]; // decoded
  query: URLSearchParams;
}

export function parse(hash: string): Place {
  const text = hash.replace(/^#\/?/, "");
  const mark = text.indexOf("?");
  const path = (mark < 0 ? text : text.slice(0, mark)).split("/").filter(Boolean).map(decode);
  return { path, query: new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1)) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

// Colons are common in ARNs and allowed in a fragment.
const encode = (part: string) => encodeURIComponent(part).replaceAll("%3A", ":");

export function href(path: string[], query: Record<string, string | undefined> = {}): string {
  const pairs = new URLSearchParams(Object.entries(query).filter((e): e is [string, string] => e[1] !== undefined && e[1] !== ""));
  const tail = pairs.toString();
  return `#/${path.map(encode).join("/")}${tail ? `?${tail}` : ""}`;
}

// Asked before another page is shown: where it answers true it has taken over, and goes on by itself or stays.
type Guard = (path: string[], onwards: () => void) => boolean;
let guard: Guard | undefined;
let shown = typeof window === "undefined" ? "" : window.location.hash;

/** Asks before the page is left. The answer takes the guard away. */
export function guardLeaving(ask: Guard): () => void {
  guard = ask;
  return () => void (guard === ask && (guard = undefined));
}

// The first listener of all, so that nobody hears of a move that is held back.
if (typeof window !== "undefined") {
  window.addEventListener("hashchange", (event) => {
    const wanted = window.location.hash;
    const held = guard?.(parse(wanted).path, () => ((guard = undefined), go(wanted)));
    if (!held) return void (shown = wanted);
    event.stopImmediatePropagation();
    window.history.replaceState(null, "", shown || "#/");
  });
}

const subscribe = (changed: () => void) => {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
};

let known: { hash: string; place: Place } | undefined;
const snapshot = () => {
  const { hash } = window.location;
  if (known?.hash !== hash) known = { hash, place: parse(hash) };
  return known!.place;
};

export const usePlace = (): Place => useSyncExternalStore(subscribe, snapshot);

export function go(to: string, how: "push" | "replace" = "push") {
  if (how === "push") window.location.hash = to;
  else {
    window.history.replaceState(null, "", to);
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

export const paths = {
  machines: href(["statemachines"]),
  machine: (arn: string, tab?: string) => href(["statemachines", "view", arn], { tab }),
  create: href(["statemachines", "create"]),
  edit: (arn: string, mode?: string, from?: string) => href(["statemachines", "edit", arn], { mode, from }),
  samples: href(["sample-projects"]),
  sample: (id: string, step?: string, stack?: string) => href(["sample-projects", id], { step, stack }),
  start: (machine: string, from?: string, sample?: string) => href(["executions", "start", machine], { from, sample }),
  execution: (arn: string, query: Record<string, string | undefined> = {}) => href(["v2", "executions", "details", arn], query),
  compare: (a: string, b?: string) => href(["executions", "compare"], { a, b }),
  imported: href(["executions", "import"]),
  mapRun: (arn: string) => href(["map-runs", arn]),
  activities: href(["activities"]),
  stacks: href(["stacks"]),
  stack: (id: string, tab?: string) => href(["stacks", "stackinfo"], { stackId: id, tab }),
  clusters: href(["ecs"]),
  cluster: (name: string) => href(["ecs", "clusters", name]),
  task: (cluster: string, task: string) => href(["ecs", "clusters", cluster, "tasks", task]),
  topics: href(["topics"]),
  topic: (arn: string) => href(["topics", arn]),
  queues: href(["queues"]),
  queue: (url: string) => href(["queues", url]),
  logGroups: href(["logs"]),
  logGroup: (name: string, stream?: string, filter?: string) => href(["logs", name], { stream, filter }),
  rules: href(["rules"]),
  rule: (name: string, bus?: string) => href(["rules", name], { bus: bus === "default" ? undefined : bus }),
  metrics: href(["metrics"]),
  decisions: href(["decisions"]),
};
