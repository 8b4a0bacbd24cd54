// A span of time in an address: "within" in seconds, or "from" and "to".
export interface Span {
  within?: number; // seconds
  from?: string; // ISO 8601
  to?: string;
}

const longest = 10 * 365 * 86_400;

export function spanOf(query: URLSearchParams): Span {
  const within = Number(query.get("within"));
  if (within > 0 && within <= longest) return { within };
  const time = (name: string) => (Number.isFinite(Date.parse(query.get(name) ?? "")) ? query.get(name)! : undefined);
  return { from: time("from"), to: time("to") };
}

export const queryOf = (span: Span): Record<"within" | "from" | "to", string | undefined> => ({ within: span.within ? String(span.within) : undefined, from: span.from, to: span.to });

/** In milliseconds, as of `now`. */
export const limitsOf = (span: Span, now: number): { from?: number; to?: number } =>
  span.within ? { from: now - span.within * 1000 } : { from: span.from ? Date.parse(span.from) : undefined, to: span.to ? Date.parse(span.to) : undefined };
