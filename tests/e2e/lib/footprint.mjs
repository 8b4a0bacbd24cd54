// What a server weighs: memory, CPU while nothing happens, how soon it answers. Under a sanitizer (scripts/sanitize), which takes many times of both,
// that tells nothing: it is judged of the program as it is shipped alone, and work that is there for its amount is less. Every file that imports this
// one runs on both (tests/e2e/run --as-shipped).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const sanitized = Boolean(process.env.GANTRY_SANITIZED);
// How many times longer a sanitized server may take before a test gives it up.
export const slowdown = sanitized ? 10 : 1;

const proc = (server, file) => readFileSync(`/proc/${server.child.pid}/${file}`, "utf8");

export const residentMiB = (server) => Number(/VmRSS:\s+(\d+)/.exec(proc(server, "status"))[1]) / 1024;

export function assertBelow(mib, most, what = "") {
  if (!sanitized) assert.ok(mib < most, `${mib.toFixed(0)} MiB${what && ` ${what}`}, of ${most} at most`);
}

// What a server has worked so far, in ms of CPU.
export const cpuMs = (server) => proc(server, "stat").split(") ")[1].split(" ").slice(11, 13).reduce((sum, ticks) => sum + 10 * Number(ticks), 0);

// While nothing happens it does nothing to speak of.
export function assertIdle(ms) {
  if (!sanitized) assert.ok(ms < 500, `${ms} ms of CPU in a second in which nothing happens`);
}

export function assertPrompt(ms, most) {
  if (!sanitized) assert.ok(ms < most, `another client waited ${ms.toFixed(0)} ms, of ${most.toFixed(0)} at most`);
}
