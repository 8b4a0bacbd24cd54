// From history events to what the console shows: which states were visited, how each visit went, what lies in what.
//
// A fold over the events in their order, and nothing else: the same model serves the live page, the time slider (the
// events up to a moment) and an imported file. Events name their state only where it is entered and left; what lies
// between belongs to the visit that its chain of previousEventId leads to.
import { type HistoryEvent, text } from "./events";

export type Status = "running" | "succeeded" | "failed" | "caught" | "aborted" | "timedOut";

/** One try of a task: from its scheduling to its answer. */
export interface Attempt {
  scheduledAt: number;
  startedAt?: number;
  submittedAt?: number;
  endedAt?: number;
  status: Status;
  error?: string;
  cause?: string;
  resource?: string; // "ecs:runTask.sync", or an ARN
  parameters?: string;
  submitted?: string; // the answer to the call, of a .sync task
  result?: string;
}

/** An iteration of a Map, or a branch of a Parallel. */
export interface Scope {
  key: string;
  parent?: Visit;
  index?: number;
  status: Status;
  startedAt: number;
  endedAt?: number;
}

export interface Visit {
  id: number; // of the event that entered it
  name: string;
  type: string; // "Task"
  status: Status;
  scope: Scope;
  enteredAt: number;
  leftAt?: number;
  input?: string;
  output?: string;
  assigned?: Record<string, string>;
  error?: string;
  cause?: string;
  attempts: Attempt[];
  scopes: Scope[]; // iterations or branches
  mapRunArn?: string;
  length?: number; // of a Map
  events: number[];
  exited: boolean; // by an event of its own
  /** Set where a redrive took it up again: when, after how many attempts, and how it had ended. */
  resumed?: { at: number; attempts: number; before: Pick<Visit, "leftAt" | "status" | "error" | "cause"> };
}

export interface Model {
  status: Status;
  startedAt: number;
  endedAt?: number;
  lastAt: number;
  input?: string;
  output?: string;
  error?: string;
  cause?: string;
  visits: Visit[];
  byName: Map<string, Visit[]>;
  /** The visit that an event belongs to. */
  owner: Map<number, Visit>;
  redrives: number;
  transitions: number;
}

interface Place {
  visit?: Visit;
  scope: Scope;
  /** Of ExecutionRedriven: the visits that it took up again, the inner ones first. They are not entered anew. */
  again?: Visit[];
}

const ends: Record<string, Status> = { ExecutionSucceeded: "succeeded", ExecutionFailed: "failed", ExecutionAborted: "aborted", ExecutionTimedOut: "timedOut" };

const isOpen = (visit: Visit) => visit.leftAt === undefined;

/** The nearest visit around a place that is still open and that `fits`. */
function around(place: Place, fits: (visit: Visit) => boolean): Visit | undefined {
  let visit = place.visit ?? place.scope.parent;
  while (visit) {
    if (isOpen(visit) && fits(visit)) return visit;
    visit = visit.scope.parent;
  }
  return place.again?.find((v) => isOpen(v) && fits(v));
}

/** A redrive takes up what had not come to its end: each such visit, and the iterations and branches that they lie in. */
function resume(model: Model, scopes: Iterable<Scope>, at: number): Visit[] {
  const again: Visit[] = [], active = new Set<Scope>();
  for (const visit of model.visits) {
    if (visit.exited || (visit.scope.parent && !again.includes(visit.scope.parent))) continue;
    active.add(visit.scope);
    // A Fail state is entered anew.
    if (visit.type === "Fail") continue;
    visit.resumed = { at, attempts: visit.attempts.length, before: { leftAt: visit.leftAt, status: visit.status, error: visit.error, cause: visit.cause } };
    Object.assign(visit, { leftAt: undefined, status: "running", error: undefined, cause: undefined });
    again.push(visit);
  }
  for (const scope of scopes) if (active.has(scope)) Object.assign(scope, { status: "running", endedAt: undefined });
  return again.reverse();
}

/** The visit that a task's event behind ExecutionRedriven belongs to: each is taken once, by what it called before. */
function takeAgain(again: Visit[], resource: string | undefined): Visit | undefined {
  const tasks = again.filter((v) => v.type === "Task" && isOpen(v));
  const found = tasks.findLast((v) => v.attempts.at(-1)?.resource === resource) ?? tasks.at(-1);
  if (found) again.splice(again.indexOf(found), 1);
  return found;
}

const resourceOf = (event: HistoryEvent) => {
  const service = text(event, "resourceType"), resource = text(event, "resource");
  return service && resource ? `${service}:${resource}` : resource;
};

function close(visit: Visit, at: number, status: Status) {
  visit.leftAt = at;
  visit.status = status;
  for (const attempt of visit.attempts) {
    if (attempt.endedAt === undefined) {
      attempt.endedAt = at;
      attempt.status = status === "succeeded" ? "succeeded" : status;
    }
  }
}

/** What happens to a task between entering and leaving its state. */
function attempt(visit: Visit, event: HistoryEvent) {
  const kind = event.type.replace(/^(Task|LambdaFunction|Activity)/, "");
  const last = visit.attempts.at(-1);
  if (kind === "Scheduled") {
    visit.attempts.push({ scheduledAt: event.timestamp, status: "running", parameters: text(event, "parameters") ?? text(event, "input"), resource: resourceOf(event) });
    visit.error = visit.cause = undefined;
    return;
  }
  // A task that could not even be scheduled has an attempt all the same.
  const current = last && last.endedAt === undefined ? last : undefined;
  if (kind === "Started" && current) current.startedAt = event.timestamp;
  else if (kind === "Submitted" && current) (current.submittedAt = event.timestamp), (current.submitted = text(event, "output"));
  else if (kind === "Succeeded" && current) {
    Object.assign(current, { endedAt: event.timestamp, status: "succeeded", result: text(event, "output") });
  } else if (/(Failed|TimedOut)$/.test(kind)) {
    const status: Status = kind === "TimedOut" ? "timedOut" : "failed";
    const error = text(event, "error"), cause = text(event, "cause");
    const ended = { endedAt: event.timestamp, status, error, cause };
    if (current) Object.assign(current, ended);
    else visit.attempts.push({ scheduledAt: event.timestamp, ...ended, resource: text(event, "resource") });
    visit.error = error ?? (kind === "TimedOut" ? "States.Timeout" : undefined);
    visit.cause = cause;
  }
}

export function build(events: readonly HistoryEvent[]): Model {
  const root: Scope = { key: "", status: "running", startedAt: events[0]?.timestamp ?? 0 };
  const model: Model = {
    status: "running", startedAt: root.startedAt, lastAt: root.startedAt, visits: [], byName: new Map(), owner: new Map(), redrives: 0, transitions: 0,
  };
  const places = new Map<number, Place>();
  const scopes = new Map<string, Scope>();

  const open = (event: HistoryEvent, name: string, type: string, scope: Scope): Visit => {
    const visit: Visit = {
      id: event.id, name, type, status: "running", scope, enteredAt: event.timestamp, input: text(event, "input"), attempts: [], scopes: [], events: [], exited: false,
    };
    model.visits.push(visit);
    const same = model.byName.get(name);
    if (same) same.push(visit);
    else model.byName.set(name, [visit]);
    model.transitions += 1;
    return visit;
  };
  const enter = (parent: Visit, key: string, at: number, index?: number): Scope => {
    const scope: Scope = { key: `${parent.id}/${key}`, parent, index, status: "running", startedAt: at };
    scopes.set(scope.key, scope);
    parent.scopes.push(scope);
    return scope;
  };
  const endExecution = (event: HistoryEvent, status: Status) => {
    model.status = status;
    model.endedAt = event.timestamp;
    model.error = text(event, "error");
    model.cause = text(event, "cause");
    for (const visit of model.visits) {
      if (!isOpen(visit)) continue;
      const failedItself = visit.error !== undefined || visit.type === "Fail" || visit.status === "failed";
      close(visit, event.timestamp, status === "failed" && failedItself ? "failed" : status === "failed" ? "aborted" : status);
      if (visit.type === "Fail") (visit.error = model.error), (visit.cause = model.cause);
    }
    for (const scope of scopes.values()) {
      if (scope.endedAt === undefined) (scope.endedAt = event.timestamp), (scope.status = status === "failed" ? "aborted" : status);
    }
  };

  for (const event of events) {
    const before = places.get(event.previousEventId) ?? { scope: root };
    const { type } = event;
    let place: Place = before;
    model.lastAt = Math.max(model.lastAt, event.timestamp);

    const entered = /^(.+)StateEntered$/.exec(type);
    const exited = /^(.+)StateExited$/.exec(type);
    if (type === "ExecutionStarted") {
      model.startedAt = root.startedAt = event.timestamp;
      model.input = text(event, "input");
      place = { scope: root };
    } else if (type === "ExecutionRedriven") {
      model.redrives += 1;
      model.status = "running";
      model.endedAt = model.error = model.cause = undefined;
      root.status = "running";
      place = { scope: root, again: resume(model, scopes.values(), event.timestamp) };
    } else if (entered) {
      let scope = before.visit && !isOpen(before.visit) ? before.visit.scope : before.scope;
      // The first state of a branch is entered from the Parallel itself.
      if (before.visit && isOpen(before.visit) && before.visit.type === "Parallel") {
        scope = enter(before.visit, String(before.visit.scopes.length), event.timestamp, before.visit.scopes.length);
      }
      if (before.again) {
        // Entered anew after all: what was taken up again had ended as it had.
        const name = text(event, "name"), old = model.byName.get(name ?? "")?.findLast((v) => !v.exited);
        if (old?.resumed && isOpen(old)) Object.assign(old, old.resumed.before, { resumed: undefined });
        if (old) scope = old.scope;
      }
      place = { visit: open(event, text(event, "name") ?? "", entered[1], scope), scope };
    } else if (exited) {
      const name = text(event, "name");
      const visit = around(before, (v) => v.name === name) ?? model.byName.get(name ?? "")?.findLast(isOpen);
      if (visit) {
        visit.exited = true;
        visit.output = text(event, "output");
        const assigned = event.details.assignedVariables;
        if (assigned && typeof assigned === "object") visit.assigned = assigned as Record<string, string>;
        close(visit, event.timestamp, visit.error !== undefined || visit.status === "failed" ? "caught" : "succeeded");
        if (visit.type === "Parallel") for (const s of visit.scopes) if (s.endedAt === undefined) (s.endedAt = event.timestamp), (s.status = "succeeded");
        place = { visit, scope: visit.scope };
      }
    } else if (type.startsWith("MapIteration")) {
      const name = text(event, "name"), index = Number(event.details.index ?? 0);
      const visit = around(before, (v) => v.type === "Map" && (!name || v.name === name));
      if (visit) {
        let scope = scopes.get(`${visit.id}/${index}`);
        if (type === "MapIterationStarted") {
          if (!scope || scope.endedAt !== undefined) scope = enter(visit, String(index), event.timestamp, index);
          place = { scope };
        } else {
          const status: Status = type === "MapIterationSucceeded" ? "succeeded" : type === "MapIterationFailed" ? "failed" : "aborted";
          if (scope) {
            Object.assign(scope, { status, endedAt: event.timestamp });
            closeInside(model, scope, event.timestamp, status === "failed" ? "failed" : "aborted");
          }
          place = { visit, scope: visit.scope };
        }
      }
    } else if (type.startsWith("MapRun")) {
      const visit = around(before, (v) => v.type === "Map");
      if (visit) {
        visit.mapRunArn ??= text(event, "mapRunArn");
        if (type === "MapRunFailed") (visit.status = "failed"), (visit.error = text(event, "error")), (visit.cause = text(event, "cause"));
        place = { visit, scope: visit.scope };
      }
    } else if (ends[type]) {
      endExecution(event, ends[type]);
      model.output = text(event, "output");
      place = { scope: root };
    } else {
      const compound = /^(Map|Parallel)State(Started|Succeeded|Failed|Aborted)$/.exec(type);
      const aborted = /^(Task|Wait)StateAborted$/.exec(type);
      const visit = compound ? around(before, (v) => v.type === compound[1]) : aborted ? around(before, (v) => v.type === aborted[1]) : before.again ? takeAgain(before.again, resourceOf(event)) : around(before, () => true);
      if (visit) {
        place = { visit, scope: visit.scope };
        if (compound) {
          if (typeof event.details.length === "number") visit.length = event.details.length;
          if (compound[2] === "Started") (visit.status = "running"), (visit.error = visit.cause = undefined);
          if (compound[2] === "Failed") {
            visit.status = "failed";
            visit.error = text(event, "error") ?? "States.BranchFailed";
            visit.cause = text(event, "cause");
            for (const scope of visit.scopes) closeScope(model, scope, event.timestamp);
          } else if (compound[2] === "Aborted") {
            close(visit, event.timestamp, "aborted");
            for (const scope of visit.scopes) closeScope(model, scope, event.timestamp);
          }
        } else if (aborted) close(visit, event.timestamp, "aborted");
        else if (type === "EvaluationFailed") (visit.error = text(event, "error")), (visit.cause = text(event, "cause"));
        else attempt(visit, event);
      }
    }
    places.set(event.id, place);
    if (place.visit) {
      place.visit.events.push(event.id);
      model.owner.set(event.id, place.visit);
    }
  }
  return model;
}

function closeInside(model: Model, scope: Scope, at: number, status: Status) {
  for (let i = model.visits.length - 1; i >= 0; --i) {
    const visit = model.visits[i];
    if (visit.id < (scope.parent?.id ?? 0)) break;
    if (visit.scope === scope && isOpen(visit)) close(visit, at, status === "failed" && visit.error === undefined && visit.type !== "Fail" ? "aborted" : status);
  }
}

function closeScope(model: Model, scope: Scope, at: number) {
  if (scope.endedAt !== undefined) return;
  const broken = model.visits.some((v) => v.scope === scope && isOpen(v) && (v.error !== undefined || v.type === "Fail"));
  scope.endedAt = at;
  scope.status = broken ? "failed" : "aborted";
  closeInside(model, scope, at, scope.status);
}

/** How a state stands, all its visits taken together; those inside `within` alone when it is given. */
export interface StateSummary {
  status: Status;
  counts: Partial<Record<Status, number>>;
  visits: Visit[];
}

export function isWithin(visit: Visit, scope: Scope): boolean {
  for (let s: Scope | undefined = visit.scope; s; s = s.parent?.scope) if (s === scope) return true;
  return false;
}

const order: Status[] = ["running", "failed", "timedOut", "aborted", "caught", "succeeded"];

/** Chosen iterations: of each Map the one that is looked at. */
export function summarise(model: Model, chosen?: ReadonlyMap<string, Scope>): Map<string, StateSummary> {
  const out = new Map<string, StateSummary>();
  for (const [name, all] of model.byName) {
    const visits = chosen?.size ? all.filter((v) => fitsChoice(v, chosen)) : all;
    if (visits.length === 0) continue;
    const counts: Partial<Record<Status, number>> = {};
    for (const visit of visits) counts[visit.status] = (counts[visit.status] ?? 0) + 1;
    // In a loop the last visit tells; in a Map whatever needs a look.
    const parallel = visits.some((v) => v.scope !== visits[0].scope);
    const status = parallel ? order.find((s) => counts[s])! : visits.at(-1)!.status;
    out.set(name, { status, counts, visits });
  }
  return out;
}

function fitsChoice(visit: Visit, chosen: ReadonlyMap<string, Scope>): boolean {
  for (let s: Scope | undefined = visit.scope; s; s = s.parent?.scope) {
    const wanted: Scope | undefined = s.parent && s.parent.type === "Map" ? chosen.get(s.parent.name) : undefined;
    if (wanted && wanted !== s) return false;
  }
  return true;
}

export const statusText: Record<Status, string> = {
  running: "In progress", succeeded: "Succeeded", failed: "Failed", caught: "Caught error", aborted: "Canceled", timedOut: "Timed out",
};
