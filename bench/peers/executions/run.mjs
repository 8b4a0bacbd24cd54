// Runs each peer's part of a workload and says what a CPU-second of it did (see `run`).
//
// A peer is a module: `name`, `workloads` (workload -> names of definitions in bench/workloads), and `begin()`, which starts its
// processes and answers { pids, prepare(workload, definition), once(prepared), end() }. `once` is one execution, whose output comes back.
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";

import * as awsLocal from "./aws_local_stepfunctions.mjs";
import * as restate from "./restate.mjs";
import * as stepfunctionsLocal from "./stepfunctions_local.mjs";

const kAtOnce = 64;
const words = process.argv.slice(2);
const at = words.indexOf("--seconds");
const seconds = at < 0 ? 5 : Number(words.splice(at, 2)[1]);

export const definition = (name) => JSON.parse(readFileSync(new URL(`../../workloads/${name}.json`, import.meta.url), "utf8"));

// proc(5): utime, stime, cutime, cstime, of the processes and of all that they have started.
async function cpuSeconds(roots) {
  const all = new Map();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      all.set(Number(name), { parent: Number(fields[1]), ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) });
    } catch {
      // It has ended meanwhile.
    }
  }
  let ticks = 0;
  for (const [pid, process] of all) {
    let up = pid;
    while (up && !roots.includes(up)) up = all.get(up)?.parent;
    if (up) ticks += process.ticks;
  }
  return ticks / 100;
}

async function measure(peer, workload, name) {
  const what = definition(name);
  const prepared = await peer.prepare(workload, what, name);
  const output = await peer.once(prepared);
  if (peer.checks(workload) && !isDeepStrictEqual(output, what.expect)) throw new Error(`the output is wrong: ${JSON.stringify(output)?.slice(0, 200)}`);
  const begun = performance.now();
  const before = await cpuSeconds(peer.pids);
  let executions = 0;
  await Promise.all(Array.from({ length: kAtOnce }, async () => {
    while (performance.now() - begun < seconds * 1000) {
      await peer.once(prepared);
      ++executions;
    }
  }));
  // A unit of work is what the server's own figure counts: transitions where a definition has many.
  const each = { chain100: 100, loop1000: 2003, map1000: 1000, parallel10x10: 101 }[name] ?? 1;
  return { work: executions * each, cpu: (await cpuSeconds(peer.pids)) - before };
}

for (const module of [stepfunctionsLocal, awsLocal, restate]) {
  const wanted = words.flatMap((workload) => (module.workloads[workload] ?? []).map((name) => [workload, name]));
  if (wanted.length === 0) continue;
  for (const [workload, name] of wanted) {
    const say = (...rest) => console.log([module.name, workload, name, ...rest].join("\t"));
    let peer;
    try {
      peer = await module.begin();
      const { work, cpu } = await measure(peer, workload, name);
      say(work, cpu.toFixed(2));
    } catch (error) {
      say("failed", String(error.message ?? error).replace(/\s+/g, " ").slice(0, 300));
    } finally {
      await peer?.end();
    }
  }
}
process.exit(0);
