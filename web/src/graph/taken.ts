// Which transitions an execution took: from each visit of a state to the one that came next in the same branch or iteration.
import type { GraphEdge } from "../asl/graph";
import type { Scope, StateSummary, Visit } from "../history/model";

export function takenEdges(summaries: Map<string, StateSummary> | undefined, edges: readonly GraphEdge[], succeeded: boolean): Set<string> {
  const taken = new Set<string>();
  if (!summaries) return taken;
  const scopes = new Map<Scope, Visit[]>();
  for (const { visits } of summaries.values()) {
    for (const visit of visits) {
      const list = scopes.get(visit.scope);
      if (list) list.push(visit);
      else scopes.set(visit.scope, [visit]);
    }
  }
  const went = new Set<string>();
  for (const visits of scopes.values()) {
    visits.sort((a, b) => a.id - b.id).forEach((visit, i) => {
      const next = visits[i + 1];
      if (next && visit.leftAt !== undefined) went.add(`${visit.status === "caught"}\0${visit.name}\0${next.name}`);
    });
  }
  for (const edge of edges) {
    const from = summaries.get(edge.from);
    if (edge.kind === "mark" ? (edge.from.startsWith("\0") ? summaries.has(edge.to) : succeeded && from?.status === "succeeded") : went.has(`${edge.kind === "catch"}\0${edge.from}\0${edge.to}`)) taken.add(edge.id);
  }
  return taken;
}
