// Puts random expressions to the reference implementation and to `gantry eval`, and compares results, codes and texts.
//   driver.mjs [--seed N] [--count N] [--only I] [--verbose]
// What differs is printed with all that is needed to see it again.
import { spawn } from "node:child_process";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import jsonata from "jsonata";
import { data, Expressions, object, Random } from "./generate.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const option = (name, otherwise) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : otherwise);
const seed = Number(option("--seed", "1"));
const count = Number(option("--count", "20000"));
const only = option("--only") === undefined ? undefined : Number(option("--only"));
const binary = process.env.GANTRY_BINARY ?? resolve(here, "../../../build/release/bin/gantry");
// Every stack trace of an error that is thrown as often as this is time lost.
Error.stackTraceLimit = 0;

const holdsFunction = (v, depth = 0) =>
  typeof v === "function" || (v !== null && typeof v === "object" && (depth > 50 || v._jsonata_lambda === true || v._jsonata_function === true || Object.values(v).some((one) => holdsFunction(one, depth + 1))));

async function reference(expr, input) {
  try {
    const result = await jsonata(expr).evaluate(input);
    if (result === undefined) return { undefined: true };
    if (holdsFunction(result)) return { skipped: "a function" };
    const text = JSON.stringify(result);
    return text === undefined ? { skipped: "no JSON" } : { result: JSON.parse(text) };
  } catch (error) {
    if (!error.code) return { skipped: `no code: ${error.message}` };
    return { error: { code: error.code, message: error.message, token: typeof error.token === "string" ? error.token : undefined } };
  }
}

// Key order counts for nothing, that of elements does.
const canonical = (v) =>
  v === null || typeof v !== "object" ? (typeof v === "number" && Object.is(v, -0) ? 0 : v) : Array.isArray(v) ? v.map(canonical) : Object.fromEntries(Object.keys(v).sort().map((k) => [k, canonical(v[k])]));
const text = (v) => JSON.stringify(canonical(v));

// Where the elements of an array or the members of an object fail, the reference, which evaluates them side by side,
// tells whichever failed soonest; ours the first. A function called other than by its name is told by the name under
// which anything called it last.
const inOrder = (expr) => !/[[{].*,/s.test(expr);

function agrees(expr, theirs, ours) {
  if (theirs.skipped) return true;
  if (theirs.undefined) return ours.undefined === true;
  if ("result" in theirs) return "result" in ours && text(theirs.result) === text(ours.result);
  if (!ours.error) return false;
  if (ours.error.code !== theirs.error.code) return !inOrder(expr);
  if (/^T04/.test(theirs.error.code)) return true;
  // A value in a message may be a function, which JavaScript shows its own way.
  return ours.error.message === theirs.error.message || /_jsonata|undefined/.test(theirs.error.message) || !inOrder(expr);
}

const cases = [];
for (let i = 0; i < count; ++i) {
  const r = new Random(seed * 1_000_003 + i);
  const input = r.chance(0.9) ? object(r, 3) : data(r, 3);
  const expr = new Expressions(r).any(1 + r.below(4));
  if (only === undefined || only === i) cases.push({ i, expr, input });
}

const program = spawn(binary, ["eval", "--language", "jsonata", "--jsonl"], { stdio: ["pipe", "pipe", "inherit"] });
const answers = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
let ended = false;
program.on("exit", (code) => {
  ended = true;
  if (!finished) console.log(`jsonata-differential: the program ended with ${code}`);
});
let finished = false;
program.stdin.on("error", () => {});

let compared = 0;
let skipped = 0;
const differing = [];
for (const one of cases) {
  if (ended) break;
  program.stdin.write(`${JSON.stringify({ expr: one.expr, data: one.input })}\n`);
  const theirs = await reference(one.expr, one.input);
  const { value, done } = await answers.next();
  if (done) {
    differing.push({ ...one, theirs, ours: "no answer" });
    break;
  }
  const ours = JSON.parse(value);
  if (theirs.skipped) ++skipped;
  else ++compared;
  if (!agrees(one.expr, theirs, ours)) differing.push({ ...one, theirs, ours });
}
finished = true;
program.stdin.end();

const shorten = (v) => {
  const all = JSON.stringify(v);
  return all.length > 600 && !process.argv.includes("--verbose") ? `${all.slice(0, 600)}...` : all;
};
for (const d of differing.slice(0, process.argv.includes("--verbose") ? 1000 : 20)) {
  console.log(`- ${d.i}: ${d.expr}\n    data      ${shorten(d.input)}\n    reference ${shorten(d.theirs)}\n    gantry    ${shorten(d.ours)}`);
}
console.log(`jsonata-differential: seed ${seed}: ${compared} compared, ${skipped} without a comparable answer, ${differing.length} differ`);
process.exit(differing.length > 0 ? 1 : 0);
