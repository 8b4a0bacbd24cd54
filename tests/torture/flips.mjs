// R5: a flipped bit anywhere in a stopped server's data is found and named by `gantry inspect`, or it is of no consequence: then the
// server tells the very same as before.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, cpSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../e2e/lib/server.mjs";
import { client, history, sfn } from "./lib/aws.mjs";

const roleArn = "arn:aws:iam::000000000000:role/torture";
const flags = ["--runtime", "none"];

function flip(path, offset, bit) {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0] ^= 1 << bit;
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
}

// Everything that the server tells of what it keeps.
async function told(server) {
  const states = client(sfn.SFNClient, server);
  const out = [];
  const { stateMachines } = await states.send(new sfn.ListStateMachinesCommand({}));
  for (const { stateMachineArn } of stateMachines) {
    const { definition } = await states.send(new sfn.DescribeStateMachineCommand({ stateMachineArn }));
    out.push(definition);
    const { executions } = await states.send(new sfn.ListExecutionsCommand({ stateMachineArn, maxResults: 1000 }));
    for (const { executionArn, status } of executions) out.push(executionArn, status, ...(await history(states, executionArn)));
  }
  return out;
}

async function makeData(folder, ended) {
  const server = await Server.start({ dataDir: folder, flags });
  const states = client(sfn.SFNClient, server);
  const definition = JSON.stringify({ StartAt: "A", States: { A: { Type: "Pass", Next: "B" }, B: { Type: "Pass", End: true } } });
  const { stateMachineArn } = await states.send(new sfn.CreateStateMachineCommand({ name: "m", definition, roleArn }));
  for (let n = 0; n < 40; ++n) await states.send(new sfn.StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ n, text: "x".repeat(200) }) }));
  const before = await told(server);
  server.child.kill(ended);
  await server.exited;
  return before;
}

export async function run({ rounds, random, say }) {
  const scratch = mkdtempSync(join(tmpdir(), "gantry-flips-"));
  let named = 0, harmless = 0;
  try {
    const sources = [];
    for (const ended of ["SIGKILL", "SIGTERM"]) sources.push({ folder: join(scratch, ended), before: await makeData(join(scratch, ended), ended) });
    for (let round = 1; round <= rounds; ++round) {
      const { folder, before } = random.pick(sources);
      const copy = join(scratch, "flipped");
      cpSync(folder, copy, { recursive: true });
      const files = readdirSync(copy, { recursive: true }).filter((path) => statSync(join(copy, path)).isFile() && statSync(join(copy, path)).size > 0);
      const path = random.pick(files), size = statSync(join(copy, path)).size;
      // Most of a journal's segment is room for what is to come.
      const offset = random.below(path.startsWith("journal/") ? Math.min(size, 60_000) : size), bit = random.below(8);
      flip(join(copy, path), offset, bit);
      const where = `bit ${bit} of byte ${offset} of ${path}`;
      const { status, stdout, stderr } = spawnSync(process.env.GANTRY_BINARY, ["inspect", "--data-dir", copy, "--json"], { encoding: "utf8" });
      if (status === 1) {
        const { damage } = JSON.parse(stdout);
        assert.ok(damage.some((line) => line.includes(path) || line.includes(path.split("/").at(-1)) || line.includes(path.split("/")[0])), `${where}: inspect does not name it: ${damage}`);
        ++named;
      } else if (status === 2) {
        assert.match(stderr, /format/, `${where}: ${stderr}`);
        ++named;
      } else {
        const server = await Server.start({ dataDir: copy, flags });
        assert.deepEqual(await told(server), before, `${where} is not found, and changes what is told`);
        server.child.kill("SIGKILL");
        await server.exited;
        ++harmless;
      }
      rmSync(copy, { recursive: true });
    }
    say(`${rounds} flipped bits: ${named} named, ${harmless} of no consequence`);
    assert.ok(named > rounds / 10, "few are named: is anything flipped at all?");
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
