// What was done to a text, to be undone: whole texts, as definitions are at most 1 MB and steps at most 200.

export interface Steps {
  past: readonly string[];
  present: string;
  future: readonly string[];
  tag: string; // what the last change was about
  at: number;
}

const stepsMax = 200;
const together = 1_500;

export const begin = (text: string): Steps => ({ past: [], present: text, future: [], tag: "", at: 0 });

/** Changes about the same thing, soon one after the other (typing), are one step. */
export function step(steps: Steps, text: string, tag: string, at: number): Steps {
  if (text === steps.present) return steps;
  const joins = tag !== "" && tag === steps.tag && at - steps.at < together;
  return { past: joins ? steps.past : [...steps.past, steps.present].slice(-stepsMax), present: text, future: [], tag, at };
}

export function undo(steps: Steps): Steps {
  const before = steps.past.at(-1);
  return before === undefined ? steps : { past: steps.past.slice(0, -1), present: before, future: [steps.present, ...steps.future], tag: "", at: 0 };
}

export function redo(steps: Steps): Steps {
  const [next, ...future] = steps.future;
  return next === undefined ? steps : { past: [...steps.past, steps.present], present: next, future, tag: "", at: 0 };
}
