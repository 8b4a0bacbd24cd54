// Restate: a durable engine whose workflows are programs. A state is a step whose result it keeps (`ctx.run`).
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { answered, freePort, start } from "./child.mjs";

export const name = "Restate";
export const workloads = { B2: ["pass"], B3: ["chain100"] };

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function post(port, path, body) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers: { "content-type": "application/json" } }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk)).on("end", () => {
        if (response.statusCode < 300) resolve(JSON.parse(text));
        else reject(new Error(text));
      });
    });
    sent.on("error", reject).end(JSON.stringify(body));
  });
}

function program() {
  const require = createRequire(import.meta.url);
  const platform = `@restatedev/restate-server-${process.platform}-${process.arch}`;
  return join(dirname(require.resolve(`${platform}/package.json`)), "bin", "restate-server");
}

export async function begin() {
  const [node, admin, ingress, service] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const folder = mkdtempSync(join(tmpdir(), "gantry-bench-restate-"));
  const handler = start(process.execPath, [new URL("./restate_service.mjs", import.meta.url).pathname, String(service)]);
  const server = start(program(), ["--base-dir", folder], {
    env: {
      RESTATE_BIND_ADDRESS: `127.0.0.1:${node}`, RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`, RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_LOG_FILTER: "off", DO_NOT_TRACK: "1",
    },
  });
  await answered(() => post(admin, "/deployments", { uri: `http://127.0.0.1:${service}` }));
  return {
    pids: [server.pid, handler.pid],
    checks: () => true,
    prepare: (workload, what) => ({ steps: what.transitions, input: what.input }),
    once: (what) => post(ingress, "/bench/chain", what),
    async end() {
      await Promise.all([server.end(), handler.end()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
