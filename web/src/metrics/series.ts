// Datapoints as a chart wants them: pure.

export interface Range {
  id: string;
  label: string;
  minutes: number;
  period: number; // seconds of a datapoint
}

export const ranges: Range[] = [
  { id: "1h", label: "1 hour", minutes: 60, period: 60 },
  { id: "3h", label: "3 hours", minutes: 180, period: 300 },
  { id: "12h", label: "12 hours", minutes: 720, period: 900 },
  { id: "1d", label: "1 day", minutes: 1_440, period: 1_800 },
  { id: "1w", label: "1 week", minutes: 10_080, period: 10_800 },
];

export const rangeOf = (id: string | null | undefined): Range => ranges.find((r) => r.id === id) ?? ranges[0];

export interface Span {
  from: Date;
  to: Date;
}

/** The range's span, its ends at whole periods, so that a period is asked for as a whole. */
export function spanOf(range: Range, now: number): Span {
  const period = range.period * 1_000;
  const to = Math.ceil(now / period) * period;
  return { from: new Date(to - range.minutes * 60_000), to: new Date(to) };
}

export interface Point {
  x: Date;
  y: number;
}

/** A point for each period: where nothing was counted, there were none. */
export function filled(timestamps: readonly Date[], values: readonly number[], range: Range, { from, to }: Span): Point[] {
  const at = new Map(timestamps.map((t, i) => [new Date(t).getTime(), values[i]]));
  const points: Point[] = [];
  for (let t = from.getTime(); t < to.getTime(); t += range.period * 1_000) points.push({ x: new Date(t), y: at.get(t) ?? 0 });
  return points;
}

/** The points that there are, in order: for what has no value where nothing happened, as a duration. */
export const known = (timestamps: readonly Date[], values: readonly number[]): Point[] => timestamps.map((t, i) => ({ x: new Date(t), y: values[i] })).sort((a, b) => a.x.getTime() - b.x.getTime());

/** A value stands for its whole period: it is drawn as long as that is, so that one alone is seen too. */
export const steps = (points: readonly Point[], range: Range): Point[] => points.flatMap((p) => [p, { x: new Date(p.x.getTime() + range.period * 999), y: p.y }]);

export const total = (points: readonly Point[]) => points.reduce((sum, p) => sum + p.y, 0);
