// The token that a waiting task is answered with, where the task's own parameters show it: that is where the definition put it.
import type { Visit } from "./model";

// What a token looks like: long, and of the letters of base64 (AWS's are of several hundred).
const shape = /[A-Za-z0-9+/_-]{64,2048}={0,2}/g;

/** Whether a task of this resource waits for a token. */
export const waitsForToken = (resource: unknown): boolean => typeof resource === "string" && resource.endsWith(".waitForTaskToken");

/** Every text in a value, also in texts that are JSON themselves; those under a name with "token" in it first. */
function texts(value: unknown, named: boolean, out: { likely: string[]; other: string[] }, depth = 0) {
  if (depth > 12) return;
  if (typeof value === "string") {
    if (/^\s*[{[]/.test(value)) {
      try {
        return texts(JSON.parse(value), named, out, depth + 1);
      } catch {
        // Text that only begins like JSON.
      }
    }
    (named ? out.likely : out.other).push(value);
  } else if (value && typeof value === "object") {
    for (const [name, inside] of Object.entries(value)) texts(inside, named || /token/i.test(name), out, depth + 1);
  }
}

export function tokenOf(visit: Visit | undefined): string | undefined {
  const last = visit?.attempts.at(-1);
  if (visit?.status !== "running" || last?.endedAt !== undefined || !last?.parameters || !waitsForToken(last.resource)) return undefined;
  const found = { likely: [] as string[], other: [] as string[] };
  try {
    texts(JSON.parse(last.parameters), false, found);
  } catch {
    return undefined;
  }
  for (const list of [found.likely, found.other]) {
    const candidates = list.flatMap((text) => text.match(shape) ?? []).sort((a, b) => b.length - a.length);
    if (candidates[0]) return candidates[0];
  }
  return undefined;
}
