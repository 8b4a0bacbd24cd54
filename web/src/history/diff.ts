// Two executions side by side: state by state, what went in and what came out of each.
import type { Model, Visit } from "./model";

export interface Pair {
  key: string;
  name: string;
  a?: Visit;
  b?: Visit;
  same: { status: boolean; input: boolean; output: boolean };
}

const nth = (model: Model) => {
  const seen = new Map<string, number>();
  return model.visits.map((visit) => {
    const n = (seen.get(visit.name) ?? 0) + 1;
    seen.set(visit.name, n);
    return { key: `${visit.name}\0${n}`, visit };
  });
};

const canonical = (text: string | undefined): string => {
  if (text === undefined) return "";
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
};

/** The n-th visit of a state in one with the n-th in the other, in the order of the first. */
export function pairs(a: Model, b: Model): Pair[] {
  const others = new Map(nth(b).map(({ key, visit }) => [key, visit]));
  const pair = (key: string, left?: Visit, right?: Visit): Pair => ({
    key, name: (left ?? right)!.name, a: left, b: right,
    same: { status: left?.status === right?.status, input: canonical(left?.input) === canonical(right?.input), output: canonical(left?.output) === canonical(right?.output) },
  });
  const out = nth(a).map(({ key, visit }) => {
    const other = others.get(key);
    others.delete(key);
    return pair(key, visit, other);
  });
  for (const [key, visit] of others) out.push(pair(key, undefined, visit));
  return out;
}

export type Line = { kind: "same" | "removed" | "added"; text: string };

/** Lines of two texts, those of both, of the first alone, of the second alone. Long texts are compared by their ends. */
export function lines(left: string, right: string): Line[] {
  const a = left.split("\n"), b = right.split("\n");
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) ++head;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) ++tail;
  const x = a.slice(head, a.length - tail), y = b.slice(head, b.length - tail);
  const out: Line[] = a.slice(0, head).map((text) => ({ kind: "same", text }));
  if (x.length * y.length > 4_000_000) {
    out.push(...x.map((text): Line => ({ kind: "removed", text })), ...y.map((text): Line => ({ kind: "added", text })));
  } else {
    const table = Array.from({ length: x.length + 1 }, () => new Uint32Array(y.length + 1));
    for (let i = x.length - 1; i >= 0; --i) for (let j = y.length - 1; j >= 0; --j) table[i][j] = x[i] === y[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    for (let i = 0, j = 0; i < x.length || j < y.length; ) {
      if (i < x.length && j < y.length && x[i] === y[j]) out.push({ kind: "same", text: x[i] }), ++i, ++j;
      else if (i < x.length && (j === y.length || table[i + 1][j] >= table[i][j + 1])) out.push({ kind: "removed", text: x[i++] });
      else out.push({ kind: "added", text: y[j++] });
    }
  }
  return [...out, ...a.slice(a.length - tail).map((text): Line => ({ kind: "same", text }))];
}

