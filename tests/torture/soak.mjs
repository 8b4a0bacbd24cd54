// R6: hours of load, and kill -9 now and then: what the server weighs stays what it was, and what it keeps on disk too, since executions
// are forgotten as fast as they come. A round is a life of the process, of some minutes; as many are wanted as the time allows.
import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Server } from "../e2e/lib/server.mjs";
import { sleep } from "./lib/aws.mjs";

const retentionDays = 0.0005;  // 43 s
const warmS = 60;              // from then on the process is to be as large as it gets
const windowS = 60;            // what is compared: a minute's median, since a load of several kinds weighs now more, now less
const lifeS = [180, 300];
const tolerance = 1.02;
const load = ["B1", "B2", "B3", "B4", "B5", "B6", "B8"];

const run_ = promisify(execFile);
const residentMb = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
const onDiskMb = (folder) => Number(execFileSync("du", ["-sm", folder], { encoding: "utf8" }).split("\t")[0]);
const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1];

// One life: what it weighed in the minute behind the warm-up, and in the last.
async function live(server, seconds) {
  const samples = [];
  let on = true;
  const pid = server.child.pid;
  const loading = (async () => {
    for (let i = 0; on; ++i) {
      await run_(process.env.GANTRY_BINARY, ["bench", load[i % load.length], "--size", "0.03", "--endpoint", server.url, "--pid", String(pid)]).catch((error) => {
        if (on) throw error;
      });
    }
  })();
  loading.catch(() => {});
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(500)) samples.push({ at: Date.now() - end + seconds * 1000, mb: residentMb(pid) });
  on = false;
  server.child.kill("SIGKILL");
  await server.exited;
  await loading;
  const between = (from, to) => median(samples.filter(({ at }) => at >= from * 1000 && at < to * 1000).map(({ mb }) => mb));
  return { warm: between(warmS, warmS + windowS), last: between(seconds - windowS, seconds) };
}

export async function run({ rounds, random, say }) {
  const server = await Server.start({ flags: ["--retention-days", String(retentionDays)] });
  const lives = [];
  try {
    for (let round = 1; round <= rounds; ++round) {
      const seconds = random.between(...lifeS);
      const { warm, last } = await live(server, seconds);
      lives.push({ warm, last, disk: onDiskMb(server.dataDir) });
      say(`life ${round}, ${seconds} s: ${warm.toFixed(1)} MB when warm, ${last.toFixed(1)} MB at its end; ${lives.at(-1).disk} MB on disk`);
      await server.launch(server.listen);
    }
    await server.stop();
  } finally {
    server.child.kill("SIGKILL");
  }
  const some = Math.max(1, Math.min(3, Math.floor(lives.length / 2)), Math.floor(lives.length / 4));
  const compare = (what, before, after) => {
    const grown = after / before;
    say(`${what}: ${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`);
    if (grown > tolerance) throw new Error(`${what} grew by ${((grown - 1) * 100).toFixed(1)} %`);
  };
  compare("memory within a life", median(lives.map(({ warm }) => warm)), median(lives.map(({ last }) => last)));
  compare("memory of the first and of the last lives", median(lives.slice(0, some).map(({ last }) => last)), median(lives.slice(-some).map(({ last }) => last)));
}
