// aws-local-stepfunctions: a library that runs a definition where it is called; nothing is kept, and there is no history.
import { fork } from "node:child_process";
import { once } from "node:events";

export const name = "aws-local-stepfunctions";
export const workloads = { B3: ["chain100"], B4: ["loop1000"], B5: ["map1000", "parallel10x10"], B6: ["jsonata1000"] };

export async function begin() {
  const child = fork(new URL("./aws_local_stepfunctions_child.mjs", import.meta.url), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  await once(child, "message");
  const waiting = new Map();
  let asked = 0;
  child.on("message", ({ id, output, error }) => {
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error) reject(new Error(error));
    else resolve(output);
  });
  const ask = (message) =>
    new Promise((resolve, reject) => {
      waiting.set(++asked, { resolve, reject });
      child.send({ id: asked, ...message });
    });
  return {
    pids: [child.pid],
    checks: () => true,
    prepare: (workload, what) => ask({ definition: what.definition, input: what.input }),
    once: () => ask({}),
    async end() {
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
