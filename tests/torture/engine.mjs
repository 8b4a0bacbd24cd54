// The container engine hangs, is killed or says nothing, and containers vanish: tasks end as they do on AWS, and nothing of them is left.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, until } from "../e2e/lib/server.mjs";
import { client, ecs, sfn } from "./lib/aws.mjs";
import { containersRun, prepare } from "./lib/containers.mjs";

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};
const list = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
const processes = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));

// What there still is of a task: its supervisor, processes in its cgroups, what the engine noted, cgroups, mounts.
function left(id, dataDir) {
  const found = [];
  for (const pid of processes()) {
    if (read(`/proc/${pid}/cgroup`).includes(`/gantry/${id}`)) found.push(`process ${pid} ${read(`/proc/${pid}/comm`).trim()}`);
    if (read(`/proc/${pid}/cmdline`).includes(`${dataDir}/tasks/${id}`)) found.push(`supervisor ${pid}`);
  }
  for (const name of list("/run/gantry-containers")) if (name.startsWith(id)) found.push(`/run/gantry-containers/${name}`);
  for (const base of ["/sys/fs/cgroup", ...list("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)]) if (existsSync(`${base}/gantry/${id}`)) found.push(`${base}/gantry/${id}`);
  for (const line of read("/proc/mounts").split("\n")) if (line.includes(`${dataDir}/tasks/${id}/`)) found.push(line);
  return found;
}

export async function run({ say }) {
  if (!containersRun()) return say("not run: containers need root, crun and busybox");
  const scratch = mkdtempSync(join(tmpdir(), "gantry-engine-"));
  const stand = join(scratch, "stand-in"), real = join(scratch, "crun"), mode = join(scratch, "mode");
  execFileSync("clang-19", ["-O1", "-o", stand, new URL("engine_stand_in.c", import.meta.url).pathname]);
  copyFileSync("/usr/bin/crun", real);
  const set = (what) => writeFileSync(mode, what);
  set("real");
  // In a view of its own, where the engine's place is taken.
  const server = await Server.start({
    environment: { ENGINE_REAL: real, ENGINE_MODE: mode },
    through: ["unshare", "--mount", "sh", "-c", `mount --bind ${stand} /usr/bin/crun && exec "$@"`, "sh"],
  });
  try {
    const subnet = await prepare(server, "long", ["sleep", "300"], { stopTimeout: 2 });
    const tasks = client(ecs.ECSClient, server), states = client(sfn.SFNClient, server);
    const networkConfiguration = { awsvpcConfiguration: { subnets: [subnet] } };
    const begin = async () => (await tasks.send(new ecs.RunTaskCommand({ cluster: "torture", taskDefinition: "long", launchType: "FARGATE", networkConfiguration }))).tasks[0];
    const described = async ({ taskArn }) => (await tasks.send(new ecs.DescribeTasksCommand({ cluster: "torture", tasks: [taskArn] }))).tasks[0];
    const id = ({ taskArn }) => taskArn.split("/").at(-1);
    const running = (task) => until(() => described(task), (t) => t.lastStatus === "RUNNING");
    const ended = (task) => until(() => described(task), (t) => t.lastStatus === "STOPPED", { seconds: 120 });
    const gone = (task, what) => until(() => left(id(task), server.dataDir), (found) => found.length === 0, { seconds: 60 }).catch((error) => assert.fail(`${what} has left something: ${error.message}`));
    const inside = (task) => processes().filter((pid) => read(`/proc/${pid}/cgroup`).includes(`/gantry/${id(task)}`));

    // It goes on for ever: whoever stops the task is heard all the same.
    set("hang");
    const stuck = await begin();
    const stateMachineArn = (await states.send(new sfn.CreateStateMachineCommand({
      name: "runs", roleArn: "arn:aws:iam::000000000000:role/torture",
      definition: JSON.stringify({
        StartAt: "R",
        States: {
          R: {
            Type: "Task", Resource: "arn:aws:states:::ecs:runTask.sync", TimeoutSeconds: 2,
            Parameters: { Cluster: "torture", TaskDefinition: "long", LaunchType: "FARGATE", NetworkConfiguration: { AwsvpcConfiguration: { Subnets: [subnet] } } },
            Catch: [{ ErrorEquals: ["States.Timeout"], Next: "C" }], End: true,
          },
          C: { Type: "Pass", Result: "timed out", End: true },
        },
      }),
    }))).stateMachineArn;
    const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn }));
    await until(() => processes().filter((pid) => read(`/proc/${pid}/environ`).includes(`ENGINE_MODE=${mode}`) && /^\/proc\/self\/fd|crun/.test(read(`/proc/${pid}/cmdline`))), (all) => all.length >= 1);
    assert.notEqual((await described(stuck)).lastStatus, "RUNNING");
    await tasks.send(new ecs.StopTaskCommand({ cluster: "torture", task: stuck.taskArn, reason: "it hangs" }));
    const stopped = await ended(stuck);
    assert.deepEqual([stopped.stopCode, stopped.stoppedReason], ["UserInitiated", "it hangs"]);
    await gone(stuck, "an engine that hung");
    const timedOut = await until(() => states.send(new sfn.DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING", { seconds: 60 });
    assert.equal(timedOut.output, '"timed out"');
    say("an engine that hangs: a stopped task ends, one that an execution waited for too");

    for (const [what, reason] of [["killed", /^CannotStartContainerError: .*signal 9/], ["silent", /^CannotStartContainerError/]]) {
      set(what);
      const task = await ended(await begin());
      assert.equal(task.stopCode, "TaskFailedToStart", JSON.stringify(task));
      assert.match(task.containers[0].reason ?? task.stoppedReason, reason);
      await gone(task, `an engine that was ${what}`);
    }
    say("an engine that is killed or says nothing: TaskFailedToStart, with the reason");

    // Containers that somebody kills, with and without what the engine has noted of them.
    set("real");
    for (const forgotten of [false, true]) {
      const task = await begin();
      await running(task);
      if (forgotten) for (const name of list("/run/gantry-containers")) if (name.startsWith(id(task))) rmSync(`/run/gantry-containers/${name}`, { recursive: true });
      for (const pid of inside(task)) process.kill(Number(pid), "SIGKILL");
      const over = await ended(task);
      assert.deepEqual([over.stopCode, over.containers[0].exitCode], ["EssentialContainerExited", 137]);
      await gone(task, "a container that was killed");
    }
    // And a supervisor, whose containers nobody would take away.
    const orphan = await begin();
    await running(orphan);
    process.kill(Number(read(join(server.dataDir, "tasks", id(orphan), "shim.pid"))), "SIGKILL");
    const over = await ended(orphan);
    assert.match(over.containers[0].reason ?? over.stoppedReason, /lost/);
    await gone(orphan, "a supervisor that was killed");
    say("containers and supervisors that are killed: their tasks end, nothing is left");
    await server.stop();
  } finally {
    if (server.child.exitCode === null && server.child.signalCode === null) server.child.kill("SIGKILL");
    rmSync(scratch, { recursive: true, force: true });
  }
}
