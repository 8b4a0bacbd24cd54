// How much memory a server has. Under a sanitizer (scripts/sanitize) that tells nothing: what that keeps for itself is more than the program has.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const sanitized = Boolean(process.env.GANTRY_SANITIZED);

export const residentMiB = (server) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8"))[1]) / 1024;

export function assertBelow(mib, most, what = "") {
  if (!sanitized) assert.ok(mib < most, `${mib.toFixed(0)} MiB${what && ` ${what}`}, of ${most} at most`);
}
