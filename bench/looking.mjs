// How long it takes to look at executions where there are very many: listings of every kind, one execution, one history.
//   gantry serve --data-dir DIR &  gantry bench B1 --size 5 --endpoint URL     # a million finished executions of one machine
//   (cd tests/e2e && npm ci)       node bench/looking.mjs URL                  # this: adds failed, redriven and running ones, then measures
//   node bench/looking.mjs URL --as-is                                         # measures what is there
// What is printed is the client's clock, so the SDK's own work on an answer is in it: 1,000 entries cost it some milliseconds.
import { createRequire } from "node:module";
const sfn = createRequire(new URL("../tests/e2e/package.json", import.meta.url))("@aws-sdk/client-sfn");
const client = new sfn.SFNClient({ endpoint: process.argv[2], region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
const call = (operation, input = {}) => client.send(new sfn[`${operation}Command`](input));

const { stateMachines: [{ stateMachineArn }] } = await call("ListStateMachines");
const inGroups = async (count, start) => { for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, start)); };
const become = (definition) => call("UpdateStateMachine", { stateMachineArn, definition: JSON.stringify(definition) });

if (process.argv[3] !== "--as-is") {
  const { definition } = await call("DescribeStateMachine", { stateMachineArn });
  await become({ StartAt: "F", States: { F: { Type: "Fail", Error: "Bench" } } });
  await inGroups(2_000, () => call("StartExecution", { stateMachineArn }));
  const { executions } = await call("ListExecutions", { stateMachineArn, statusFilter: "FAILED", maxResults: 100 });
  for (const { executionArn } of executions) await call("RedriveExecution", { executionArn });
  await become({ StartAt: "W", States: { W: { Type: "Wait", Seconds: 86_400, End: true } } });
  await inGroups(2_000, () => call("StartExecution", { stateMachineArn }));
  await become(JSON.parse(definition));
  await inGroups(2_000, () => call("StartExecution", { stateMachineArn }));
}

const report = (what, times, note = "") => {
  times.sort((a, b) => a - b);
  console.log(`${what.padEnd(44)} median ${times[times.length >> 1].toFixed(1).padStart(6)} ms   worst ${times.at(-1).toFixed(1).padStart(6)} ms   ${note}`);
};
const timed = async (what, work, note) => {
  const times = [];
  let answer;
  for (let i = 0; i < 30; ++i) {
    const begun = performance.now();
    answer = await work();
    if (i >= 5) times.push(performance.now() - begun); // the first ones warm the client up
  }
  report(what, times, note?.(answer));
  return answer;
};
const list = (more) => () => call("ListExecutions", { stateMachineArn, ...more });
const entries = (answer) => `${answer.executions.length} entries`;

await timed("ListExecutions, 1", list({ maxResults: 1 }), entries);
await timed("ListExecutions, 100", list({ maxResults: 100 }), entries);
await timed("ListExecutions, 1,000", list({ maxResults: 1_000 }), entries);
for (const statusFilter of ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]) {
  await timed(`ListExecutions, ${statusFilter}, 100`, list({ statusFilter, maxResults: 100 }), entries);
}
for (const redriveFilter of ["REDRIVEN", "NOT_REDRIVEN"]) await timed(`ListExecutions, ${redriveFilter}, 100`, list({ redriveFilter, maxResults: 100 }), entries);
await timed("ListExecutions, FAILED and NOT_REDRIVEN, 100", list({ statusFilter: "FAILED", redriveFilter: "NOT_REDRIVEN", maxResults: 100 }), entries);

const times = [];
const seen = new Set();
let nextToken, oldest, deep, total = 0, newest = Infinity;
do {
  const begun = performance.now();
  const page = await call("ListExecutions", { stateMachineArn, maxResults: 1_000, nextToken });
  times.push(performance.now() - begun);
  for (const one of page.executions) {
    if (one.startDate > newest) throw new Error(`${one.executionArn} is newer than the one before it`);
    newest = one.startDate;
    seen.add(one.name);
  }
  total += page.executions.length;
  oldest = page.executions.at(-1) ?? oldest;
  nextToken = page.nextToken;
  if (total > 500_000) deep ??= nextToken;
} while (nextToken);
report("ListExecutions, every page of 1,000", times, `${total} executions, ${times.length} pages, ${total - seen.size} twice`);
if (deep) await timed("ListExecutions, 100 after half a million", list({ maxResults: 100, nextToken: deep }), entries);

const { executionArn } = oldest;
await timed("DescribeExecution of the oldest", () => call("DescribeExecution", { executionArn }), (one) => one.status);
await timed("GetExecutionHistory of the oldest", () => call("GetExecutionHistory", { executionArn }), (one) => `${one.events.length} events`);
await timed("GetExecutionHistory of the oldest, reversed", () => call("GetExecutionHistory", { executionArn, reverseOrder: true }), (one) => `${one.events.length} events`);
await timed("DescribeStateMachineForExecution", () => call("DescribeStateMachineForExecution", { executionArn }), (one) => one.name);
await timed("StartExecution", () => call("StartExecution", { stateMachineArn }));
await timed("StartExecution of a name that is taken", () => call("StartExecution", { stateMachineArn, name: oldest.name, input: "1" }).catch((error) => error), (error) => error.name);
