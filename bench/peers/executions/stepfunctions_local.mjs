// stepfunctions-local: a server with the API of Step Functions, which keeps executions in memory.
import { Agent, request } from "node:http";

import { answered, freePort, start } from "./child.mjs";

export const name = "stepfunctions-local";
export const workloads = { B1: ["pass"], B2: ["pass"], B3: ["chain100"], B4: ["loop1000"], B5: ["map1000", "parallel10x10"] };

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function call(port, action, body) {
  return new Promise((resolve, reject) => {
    const headers = { "x-amz-target": `AWSStepFunctions.${action}`, "content-type": "application/x-amz-json-1.0" };
    const sent = request({ host: "127.0.0.1", port, method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk)).on("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(text));
      });
    });
    sent.on("error", reject).end(JSON.stringify(body));
  });
}

export async function begin() {
  const port = await freePort();
  const child = start(process.execPath, ["-e", `require("stepfunctions-local").start({ port: ${port} })`], { cwd: import.meta.dirname });
  await answered(() => call(port, "ListStateMachines", {}));
  return {
    pids: [child.pid],
    checks: (workload) => workload !== "B1",
    async prepare(workload, what, name) {
      const { stateMachineArn } = await call(port, "CreateStateMachine", { name, definition: JSON.stringify(what.definition), roleArn: "arn:aws:iam::000000000000:role/bench" });
      return { start: { stateMachineArn, input: JSON.stringify(what.input) }, polled: workload !== "B1" };
    },
    async once({ start, polled }) {
      const { executionArn } = await call(port, "StartExecution", start);
      while (polled) {
        const now = await call(port, "DescribeExecution", { executionArn });
        if (now.status === "SUCCEEDED") return JSON.parse(now.output);
        if (now.status !== "RUNNING") throw new Error(`it ended ${now.status}`);
      }
    },
    end: () => child.end(),
  };
}
