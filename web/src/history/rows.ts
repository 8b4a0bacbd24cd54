// A model as the rows of the table view: visits in order, iterations and branches under their state.
import type { Model, Scope, Status, Visit } from "./model";

export interface Row {
  key: string;
  depth: number;
  visit?: Visit;
  scope?: Scope;
  label: string;
  status: Status;
  from: number;
  to?: number;
  children: boolean;
}

export function rows(model: Model, closed: ReadonlySet<string>): Row[] {
  const inside = new Map<Scope, Visit[]>();
  for (const visit of model.visits) {
    const list = inside.get(visit.scope);
    if (list) list.push(visit);
    else inside.set(visit.scope, [visit]);
  }
  const out: Row[] = [];
  const add = (visit: Visit, depth: number) => {
    const key = `v${visit.id}`;
    out.push({ key, depth, visit, label: visit.name, status: visit.status, from: visit.enteredAt, to: visit.leftAt, children: visit.scopes.length > 0 });
    if (closed.has(key)) return;
    for (const scope of visit.scopes) {
      const inner = inside.get(scope) ?? [];
      if (visit.type === "Map") {
        const scopeKey = `s${scope.key}`;
        out.push({ key: scopeKey, depth: depth + 1, scope, label: `#${scope.index}`, status: scope.status, from: scope.startedAt, to: scope.endedAt, children: inner.length > 0 });
        if (!closed.has(scopeKey)) for (const v of inner) add(v, depth + 2);
      } else for (const v of inner) add(v, depth + 1);
    }
  };
  for (const visit of model.visits) if (visit.scope.parent === undefined) add(visit, 0);
  return out;
}
