// Runs the parts one after another; each throws when a promise was broken.
import { random } from "./lib/random.mjs";

const parts = { kill: "./kill.mjs", "disk-full": "./disk_full.mjs", "disk-calls": "./disk_calls.mjs", flips: "./flips.mjs", stall: "./stall.mjs", clock: "./clock.mjs", engine: "./engine.mjs", soak: "./soak.mjs" };
// A round of it takes minutes: only when it is asked for.
const long = ["soak"];

const asked = { rounds: 12, seed: Date.now() % 1_000_000_007 };
const wanted = [];
const words = process.argv.slice(2);
while (words.length > 0) {
  const word = words.shift();
  if (word === "--rounds" || word === "--seed") {
    asked[word.slice(2)] = Number(words.shift());
  } else if (parts[word]) {
    wanted.push(word);
  } else {
    console.error(`torture: there is no '${word}'; parts: ${Object.keys(parts).join(" ")}; --rounds N, --seed S`);
    process.exit(2);
  }
}

let failed = 0;
for (const name of wanted.length > 0 ? wanted : Object.keys(parts).filter((name) => !long.includes(name))) {
  const begun = Date.now();
  const say = (text) => console.log(`${name}: ${text}`);
  say(`begins (--seed ${asked.seed} --rounds ${asked.rounds})`);
  try {
    const { run } = await import(parts[name]);
    await run({ rounds: asked.rounds, random: random(asked.seed), say });
    say(`held (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  } catch (error) {
    ++failed;
    console.error(`${name}: BROKEN: ${error.stack}`);
  }
}
process.exit(failed > 0 ? 1 : 0);
