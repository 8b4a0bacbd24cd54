// A definition made up from a history that came without one: the states that were visited, in the order they were.
import { build, type Scope } from "../history/model";
import type { HistoryEvent } from "../history/events";
import type { Machine, StateDefinition } from "./definition";

export function guessDefinition(events: readonly HistoryEvent[]): Machine {
  const model = build(events);
  const machineOf = (fits: (scope: Scope) => boolean): Machine => {
    // Without a prototype: a state can be called as it likes.
    const machine: Machine = { States: Object.create(null) as Record<string, StateDefinition> };
    const last = new Map<Scope, string>();
    for (const visit of model.visits) {
      if (!fits(visit.scope)) continue;
      machine.StartAt ??= visit.name;
      const before = last.get(visit.scope);
      const previous = before !== undefined ? machine.States![before] : undefined;
      if (previous && before !== visit.name) {
        delete previous.End;
        // A second way out of a state is drawn as a choice.
        if (previous.Type === "Choice") {
          if (!previous.Choices!.some((c) => c.Next === visit.name)) previous.Choices!.push({ Next: visit.name });
        } else previous.Next ??= visit.name;
      }
      last.set(visit.scope, visit.name);
      if (machine.States![visit.name]) continue;
      const state: StateDefinition = { Type: visit.type };
      if (visit.type === "Choice") state.Choices = [];
      else if (!["Succeed", "Fail"].includes(visit.type)) state.End = true;
      const resource = visit.attempts[0]?.resource;
      if (visit.type === "Task" && resource) state.Resource = resource.startsWith("arn:") ? resource : `arn:aws:states:::${resource}`;
      if (visit.type === "Map") state.ItemProcessor = machineOf((s) => s.parent?.name === visit.name);
      if (visit.type === "Parallel") {
        const branches = new Set(model.visits.filter((v) => v.name === visit.name).flatMap((v) => v.scopes.map((s) => s.index ?? 0)));
        state.Branches = [...branches].map((index) => machineOf((s) => s.parent?.name === visit.name && s.index === index));
      }
      machine.States![visit.name] = state;
    }
    return machine;
  };
  return machineOf((scope) => scope.parent === undefined);
}
