// Each expression compiled once, as `gantry bench B7` does it; CPU time of this process, its collector included.
import { readFileSync } from "node:fs";
import jsonata from "jsonata";
import { JSONPath } from "jsonpath-plus";

const seconds = Number(process.argv[2] ?? 1);
const { documents, jsonata: expressions, jsonpath: paths } = JSON.parse(readFileSync(new URL("../workloads/expressions.json", import.meta.url), "utf8"));

const made = (n) => ({
  items: Array.from({ length: n }, (_, i) => ({ id: i, name: `item-${i}`, price: (i * 37) % 101, qty: i % 7, tag: `t${i % 13}`, addr: { city: `c${i % 50}`, zip: String(10000 + i) } })),
});
const document = (which) => (which === "small" ? documents.small : made(which));
const cpu = () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6;

async function measure(id, evaluate, small) {
  const bytes = JSON.stringify(await evaluate()).length;
  const batch = small ? 200 : 2;
  for (let i = 0; i < batch; ++i) await evaluate(); // the compiler has its time first
  const begun = cpu();
  let runs = 0;
  while (cpu() - begun < seconds) for (let i = 0; i < batch; ++i, ++runs) await evaluate();
  console.log([id, runs / (cpu() - begun), bytes].join("\t"));
}

for (const { id, expr, document: which } of expressions) {
  const compiled = jsonata(expr), data = document(which);
  await measure(id, () => compiled.evaluate(data), which === "small");
}
for (const { id, path, document: which } of paths) {
  const json = document(which);
  await measure(id, () => JSONPath({ path, json, wrap: false }), false);
}
