// Replays the recorded Step Functions cases against the real program and compares strictly.
//   run [--only TEXT] [--verbose] [--json FILE] [--jobs N] [--seconds N] [--relist REASON]
// --relist writes known-differences.json anew: what agrees is taken out, what is new comes in with REASON.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Buckets, Functions, markNumbers, startDynamo, startSecrets } from "./lib/standins.mjs";
import { Replay } from "./lib/replay.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const option = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise);
const only = option("--only", "");
const verbose = process.argv.includes("--verbose");

function sharedFolder() {
  if (process.env.GANTRY_SHARED) return process.env.GANTRY_SHARED;
  for (let at = here; at !== dirname(at); at = dirname(at)) if (existsSync(join(at, "shared/conformance"))) return join(at, "shared");
}
const shared = sharedFolder();
const folder = shared && join(shared, "conformance/sfn/cases");
if (!folder || !existsSync(folder)) {
  console.log("sfn: skipped, the recorded cases are not there (a folder shared beside the project, or GANTRY_SHARED)");
  process.exit(0);
}

// Only what is sent keeps the text of its numbers; AWS's answers were compared as numbers.
function readCase(text) {
  return { ...JSON.parse(text), calls: JSON.parse(markNumbers(text)).calls };
}
const cases = readdirSync(folder, { recursive: true })
  .filter((f) => f.endsWith(".json"))
  .sort()
  .map((f) => readCase(readFileSync(join(folder, f), "utf8")))
  .filter((c) => c.id.includes(only) || c.folder.includes(only));
const known = JSON.parse(readFileSync(join(here, "known-differences.json"), "utf8"));

const functions = new Functions();
const buckets = new Buckets();
await Promise.all([functions.start(), buckets.start()]);
const [dynamo, secrets] = await Promise.all([startDynamo(), startSecrets()]);

const binary = process.env.GANTRY_BINARY ?? resolve(here, "../../../build/release/bin/gantry");
const flags = ["serve", "--listen", "127.0.0.1:0", "--in-memory", "--auth", "audit", "--upstream", `lambda=${functions.url}`, "--upstream", `s3=${buckets.url}`, "--upstream", `dynamodb=${dynamo.url}`, "--upstream", `secretsmanager=${secrets.url}`];
const server = spawn(binary, flags, { stdio: ["ignore", "pipe", "inherit"] });
const url = await new Promise((done, failed) => {
  let said = "";
  server.stdout.on("data", (data) => {
    said += data;
    const ready = /gantry: ready on (\S+)/.exec(said);
    if (ready) done(ready[1]);
  });
  server.on("exit", (code) => failed(new Error(`the server ended with ${code}`)));
});

const world = { url, functions, buckets, dynamo: dynamo.url, caseSeconds: Number(option("--seconds", "20")) };
const results = new Array(cases.length);
let next = 0;
const began = Date.now();
async function replayed(one, account) {
  try {
    return await new Replay(world, one, account).run();
  } catch (error) {
    return { id: one.id, differences: [{ key: "", path: "/", got: String(error?.stack ?? error) }], checked: [], skipped: [], unsupported: [] };
  }
}
const agrees = (r) => r.differences.length === 0 && r.unsupported.length === 0;
async function worker() {
  while (next < cases.length) {
    const i = next++;
    results[i] = await replayed(cases[i], i);
  }
}
await Promise.all(Array.from({ length: Number(option("--jobs", "24")) }, worker));
// Recorded limits are real seconds (a Task's TimeoutSeconds of 1), and this process is also the functions that are called: where many
// cases at once have made it late, the case is replayed once more with nothing beside it.
for (const [i, one] of cases.entries()) {
  if (agrees(results[i]) || one.id in known) continue;
  results[i] = await replayed(one, cases.length + i);
  console.log(`- ${one.id}\n    replayed alone: ${agrees(results[i]) ? "agrees" : "differs again"}`);
}
cases.forEach((one, i) => (results[i].folder = one.folder));

const folders = new Map();
const news = [];
for (const r of results) {
  const passed = agrees(r);
  r.passed = passed;
  const tally = folders.get(r.folder) ?? { passed: 0, failed: 0 };
  ++tally[passed ? "passed" : "failed"];
  folders.set(r.folder, tally);
  if (!passed && !(r.id in known)) news.push(r);
  // Some answers hold the time that something took, so that one may agree today and not tomorrow.
  if (passed && r.id in known) console.log(`- ${r.id}\n    agrees today: if it always does, take it from known-differences.json (--relist)`);
}
const shorten = (v) => {
  const text = v === undefined ? "nothing" : JSON.stringify(v);
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
};
for (const r of verbose ? results.filter((x) => !x.passed) : news) {
  console.log(`- ${r.id}${r.unsupported?.length ? ` (needs ${[...new Set(r.unsupported)].join(", ")})` : ""}`);
  for (const d of r.differences.slice(0, verbose ? 12 : 4)) console.log(`    ${d.key}${d.path}\n      expected ${shorten(d.expected)}\n      got      ${shorten(d.got)}`);
}
if (option("--relist")) {
  for (const r of results) {
    if (r.passed) delete known[r.id];
    else known[r.id] ??= option("--relist");
  }
  const sorted = Object.fromEntries(Object.entries(known).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(join(here, "known-differences.json"), `${JSON.stringify(sorted, null, 1)}\n`);
}
if (option("--json")) writeFileSync(option("--json"), JSON.stringify(results, null, 1));
let passed = 0;
for (const [name, tally] of [...folders].sort()) {
  passed += tally.passed;
  console.log(`${name.padEnd(24)} ${String(tally.passed).padStart(4)} of ${tally.passed + tally.failed}`);
}
console.log(`sfn: ${passed} of ${results.length} cases agree strictly with AWS (${((100 * passed) / results.length).toFixed(1)} %), ${Object.keys(known).length} differences are known, ${news.length} are new; ${((Date.now() - began) / 1000).toFixed(0)} s`);
server.removeAllListeners("exit");
// Whatever was asked of it, the server ends in order.
const ended = new Promise((done) => server.on("exit", (code, signal) => done(code ?? signal)));
const before = server.exitCode ?? server.signalCode;
server.kill("SIGTERM");
const status = before ?? (await ended);
if (status !== 0) console.log(`sfn: the server ended with ${status}`);
dynamo.server.close();
secrets.server.close();
process.exit(news.length || status !== 0 ? 1 : 0);
