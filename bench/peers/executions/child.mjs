// A process of a peer: started, waited for until it answers, ended.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

export function start(command, words, options = {}) {
  const child = spawn(command, words, { stdio: ["ignore", "ignore", "ignore"], ...options, env: { ...process.env, ...options.env } });
  const over = new Promise((resolve) => child.on("exit", resolve));
  child.end = async () => {
    child.kill("SIGKILL");
    await over;
  };
  return child;
}

// Asks until it is answered: a minute, which a loaded machine can need.
export async function answered(ask) {
  const until = performance.now() + 60_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
