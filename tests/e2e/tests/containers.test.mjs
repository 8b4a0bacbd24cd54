// What a container task is in: its limits, its walls, its network, its output, its end (CONTRACT "Containers").
import { test, before, after } from "node:test";
import assert from "node:assert/strict";
import { CreateLogGroupCommand, CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateClusterCommand, DescribeTasksCommand, ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand, StopTaskCommand } from "@aws-sdk/client-ecs";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { Server, busyboxImage, until } from "../lib/server.mjs";

let server, ecs, logs, subnet, vpc;
const role = "arn:aws:iam::000000000000:role/task";

before(async () => {
  server = await Server.start();
  // While the server runs; a name without a tag is ":latest".
  server.gantry("image", "import", busyboxImage(), "busybox");
  ecs = new ECSClient(server.client());
  logs = new CloudWatchLogsClient(server.client());
  const ec2 = new EC2Client(server.client());
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
  vpc = Vpc.VpcId;
  subnet = (await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: "10.9.3.0/24" }))).Subnet.SubnetId;
  await ecs.send(new CreateClusterCommand({ clusterName: "default" }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: "/tasks" }));
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  await new IAMClient(server.client()).send(new CreateRoleCommand({ RoleName: "task", AssumeRolePolicyDocument: JSON.stringify(trust) }));
});
after(() => server.stop());

test("images go to the server that the command finds, whatever folder it is called in", () => {
  server.gantryByEndpoint("image", "import", busyboxImage(), "by-endpoint:1");
  assert.match(server.gantry("image", "ls"), /by-endpoint:1/);
  server.gantryByEndpoint("image", "rm", "by-endpoint:1");
  assert.doesNotMatch(server.gantry("image", "ls"), /by-endpoint/);
});

const awslogs = { logDriver: "awslogs", options: { "awslogs-group": "/tasks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "run" } };

async function define(family, containers, more = {}) {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: "256",
      memory: "512",
      executionRoleArn: role,
      containerDefinitions: [containers].flat().map((c) => ({ image: "busybox", logConfiguration: awslogs, ...c })),
      ...more,
    }),
  );
  return taskDefinition;
}

async function begin(definition, more = {}) {
  const { tasks, failures } = await ecs.send(
    new RunTaskCommand({
      taskDefinition: definition.taskDefinitionArn,
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: [subnet] } },
      ...more,
    }),
  );
  assert.deepEqual(failures, []);
  return tasks[0];
}

const idOf = (task) => task.taskArn.split("/").at(-1);
const described = (task) => ecs.send(new DescribeTasksCommand({ tasks: [task.taskArn] })).then((r) => r.tasks[0]);
const ended = (task) => until(() => described(task), (t) => t.lastStatus === "STOPPED");

async function output(task, container) {
  const stream = `run/${container}/${task.taskArn.split("/").at(-1)}`;
  const { events } = await logs.send(new GetLogEventsCommand({ logGroupName: "/tasks", logStreamName: stream, startFromHead: true }));
  return events.map((e) => e.message);
}

// Runs a script to its end: { task, said }.
async function script(family, text, { container = {}, run = {}, more = {} } = {}) {
  const definition = await define(family, { name: "main", command: ["sh", "-c", text], ...container }, more);
  const task = await ended(await begin(definition, run));
  assert.ok(task.startedAt, `it did not start: ${task.stoppedReason}`);
  return { task, said: await output(task, "main"), exitCode: task.containers[0].exitCode };
}

test("a task says what it said, in its log stream, with its exit code", async () => {
  const { task, said, exitCode } = await script("says", "echo one; echo two >&2; exit 7");
  assert.equal(exitCode, 7);
  assert.deepEqual(said.toSorted(), ["one", "two"]);
  assert.equal(task.stopCode, "EssentialContainerExited");
  assert.equal(task.version, 5);
});

test("empty lines are no events, bytes that are no text are shown, long lines are several events", async () => {
  const { said } = await script("odd", "echo; echo; printf 'a\\377b\\n'; head -c 300000 /dev/zero | tr '\\0' x; echo; echo last");
  assert.equal(said[0], "a\ufffdb");
  assert.equal(said.at(-1), "last");
  assert.equal(said.slice(1, -1).join("").length, 300000);
});

test("environment, command and overrides reach the container", async () => {
  const definition = await define("overridden", {
    name: "main",
    command: ["sh", "-c", "echo $A $B $AWS_REGION $AWS_EXECUTION_ENV"],
    environment: [{ name: "A", value: "defined" }, { name: "B", value: "defined" }],
  });
  const overrides = { containerOverrides: [{ name: "main", environment: [{ name: "B", value: "overridden" }] }] };
  const task = await ended(await begin(definition, { overrides }));
  assert.deepEqual(await output(task, "main"), ["defined overridden us-east-1 AWS_ECS_FARGATE"]);
});

test("memory beyond the limit ends the container, and the reason says so", async () => {
  const { task, exitCode } = await script("eats", "head -c 300m /dev/zero | tail", { container: { memory: 64 } });
  assert.equal(exitCode, 137);
  assert.match(task.containers[0].reason, /^OutOfMemoryError: Container killed due to memory usage/);
});

test("the walls: namespaces of its own, no new privileges, Fargate's capabilities, a seccomp filter, a pids limit", async () => {
  const looks = [
    "for n in pid mnt net ipc uts; do readlink /proc/self/ns/$n; done",
    "grep -E '^(NoNewPrivs|Seccomp|CapBnd):' /proc/self/status",
    "unshare -U true 2>/dev/null && echo 'user namespace made' || echo refused",
    "mount -t tmpfs x /mnt 2>/dev/null && echo mounted || echo refused",
  ];
  const { said } = await script("walls", looks.join("; "));
  for (const space of ["pid", "mnt", "net", "ipc", "uts"]) {
    const its = said.find((l) => l.startsWith(`${space}:`));
    assert.ok(its, `${space} in ${said}`);
    assert.notEqual(its, readlinkSync(`/proc/self/ns/${space}`));
  }
  assert.ok(said.includes("NoNewPrivs:\t1"), said.join("\n"));
  assert.ok(said.includes("Seccomp:\t2"));
  const capabilities = BigInt(`0x${said.find((l) => l.startsWith("CapBnd:")).split("\t")[1]}`);
  for (const [bit, name] of [[21n, "SYS_ADMIN"], [12n, "NET_ADMIN"], [16n, "SYS_MODULE"], [17n, "SYS_RAWIO"], [25n, "SYS_TIME"]]) {
    assert.equal((capabilities >> bit) & 1n, 0n, name);
  }
  assert.equal(said.filter((l) => l === "refused").length, 2, said.join("\n"));
});

test("an address of its subnet; neither the host's loopback nor the instance's metadata is reachable", async () => {
  const looks = [
    "ip -4 addr | grep -o 'inet 10[.0-9]*' || true",
    `wget -q -O - http://127.0.0.1:${new URL(server.url).port}/_gantry/health 2>/dev/null || echo 'no loopback'`,
    "timeout 3 wget -q -O - http://169.254.169.254/latest/meta-data/ 2>/dev/null || echo 'no instance metadata'",
    "wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task",
  ];
  const { task, said } = await script("net", looks.join("; "));
  const address = task.attachments[0].details.find((d) => d.name === "privateIPv4Address").value;
  assert.match(address, /^10\.9\.3\./);
  assert.ok(said.includes(`inet ${address}`), said.join("\n"));
  assert.ok(said.includes("no loopback"));
  assert.ok(said.includes("no instance metadata"));
  // Nor the host by an address that the kernel gives it by itself: the bridge has none, of version 6 either.
  const bridge = `gtry-${createHash("sha256").update(vpc).digest("hex").slice(0, 9)}`;
  const addresses = networkInterfaces()[bridge] ?? [];
  assert.ok(existsSync(`/sys/class/net/${bridge}`));
  assert.deepEqual(addresses, []);
  const ofVersion6 = `/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`;
  assert.ok(!existsSync(ofVersion6) || readFileSync(ofVersion6, "utf8").trim() === "1");
  const metadata = JSON.parse(said.at(-1));
  assert.equal(metadata.TaskARN, task.taskArn);
  assert.equal(metadata.Family, "net");
});

test("two containers of a task share the network; one waits for the other", async () => {
  const definition = await define("pair", [
    { name: "first", essential: false, command: ["sh", "-c", "echo hello > /shared/word; echo done"], mountPoints: [{ sourceVolume: "s", containerPath: "/shared" }] },
    {
      name: "second",
      dependsOn: [{ containerName: "first", condition: "SUCCESS" }],
      command: ["cat", "/shared/word"],
      mountPoints: [{ sourceVolume: "s", containerPath: "/shared", readOnly: true }],
    },
  ], { volumes: [{ name: "s" }] });
  const task = await ended(await begin(definition));
  assert.deepEqual(task.containers.map((c) => c.exitCode), [0, 0]);
  assert.deepEqual(await output(task, "second"), ["hello"]);
});

test("health checks are run in the container; one that depends on its health waits for it", async () => {
  const definition = await define("looked-after", [
    {
      name: "served", essential: false, stopTimeout: 2, command: ["sh", "-c", "sleep 1; touch /ready; sleep 1000"],
      healthCheck: { command: ["CMD-SHELL", "test -e /ready && test ! -e /ill"], interval: 5, timeout: 2, retries: 1 },
    },
    { name: "main", stopTimeout: 2, command: ["sh", "-c", "echo begun; sleep 1000"], dependsOn: [{ containerName: "served", condition: "HEALTHY" }] },
  ]);
  const task = await begin(definition);
  assert.equal(task.containers.find((c) => c.name === "served").healthStatus, "UNKNOWN");
  await until(() => output(task, "main").catch(() => []), (said) => said.includes("begun"));
  const well = await described(task);
  assert.equal(well.containers.find((c) => c.name === "served").healthStatus, "HEALTHY");
  assert.equal(well.containers.find((c) => c.name === "main").healthStatus, undefined);
  await ecs.send(new StopTaskCommand({ task: task.taskArn }));
  await ended(task);
});

test("one whose health cannot come any more fails the task, and says so", async () => {
  const definition = await define("never-well", [
    { name: "served", essential: false, command: ["sh", "-c", "exit 3"], healthCheck: { command: ["CMD", "true"], interval: 5 } },
    { name: "main", command: ["true"], dependsOn: [{ containerName: "served", condition: "HEALTHY" }] },
  ]);
  const task = await ended(await begin(definition));
  assert.match(task.stoppedReason, /main cannot start: its dependency served ended before it was HEALTHY/);
});

test("the containers of a task share its memory", async () => {
  const holds = { command: ["sh", "-c", "mkfifo /f; sleep 1000 < /f & exec dd if=/dev/zero of=/f bs=300M count=1"], stopTimeout: 2 };
  const definition = await define("shares", [{ name: "a", ...holds }, { name: "b", ...holds }]);
  const task = await ended(await begin(definition));
  assert.ok(
    task.containers.some((c) => c.exitCode === 137 && /^OutOfMemoryError/.test(c.reason ?? "")),
    JSON.stringify(task.containers.map(({ name, exitCode, reason }) => ({ name, exitCode, reason }))),
  );
});

test("the credentials endpoint gives the task role's session, named after the task", async () => {
  const { task, said } = await script("role", "wget -q -O - http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", { more: { taskRoleArn: role } });
  const credentials = JSON.parse(said.join(""));
  assert.equal(credentials.RoleArn, role);
  const { STSClient, GetCallerIdentityCommand } = await import("@aws-sdk/client-sts");
  const identity = await new STSClient(server.client({ accessKeyId: credentials.AccessKeyId, secretAccessKey: credentials.SecretAccessKey, sessionToken: credentials.Token })).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Arn, `arn:aws:sts::000000000000:assumed-role/task/${task.taskArn.split("/").at(-1)}`);
});

test("StopTask asks with SIGTERM first", async () => {
  const definition = await define("stopped", { name: "main", command: ["sh", "-c", "trap 'echo asked; exit 5' TERM; echo up; while :; do sleep 0.1; done"] });
  const task = await begin(definition);
  await until(() => described(task), (t) => t.lastStatus === "RUNNING");
  await until(() => output(task, "main").catch(() => []), (said) => said.includes("up"));
  await ecs.send(new StopTaskCommand({ task: task.taskArn, reason: "enough" }));
  const stopped = await ended(task);
  assert.equal(stopped.stopCode, "UserInitiated");
  assert.equal(stopped.stoppedReason, "enough");
  assert.equal(stopped.containers[0].exitCode, 5);
  assert.deepEqual(await output(task, "main"), ["up", "asked"]);
});

// The processes of a task's container, and the groups it has left, as the machine knows them.
const groups = (task) =>
  ["/sys/fs/cgroup", ...readdirSync("/sys/fs/cgroup").map((name) => `/sys/fs/cgroup/${name}`)].filter((tree) => existsSync(`${tree}/gantry/${idOf(task)}`));
const supervisor = (task) => Number(readFileSync(`${server.dataDir}/tasks/${idOf(task)}/shim.pid`, "utf8"));
const alive = (pid) => existsSync(`/proc/${pid}/root`) && readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)[0] !== "Z";

test("a task whose supervisor is killed ends, and nothing of it is left on the machine", async () => {
  const definition = await define("orphaned", [
    { name: "main", command: ["sh", "-c", "echo up; sleep 1000 & sleep 1000"] },
    { name: "beside", essential: false, command: ["sleep", "1000"] },
  ]);
  const task = await begin(definition);
  await until(() => output(task, "main").catch(() => []), (said) => said.includes("up"));
  assert.notDeepEqual(groups(task), []);
  process.kill(supervisor(task), "SIGKILL");
  const stopped = await ended(task);
  assert.match(stopped.stoppedReason, /supervisor was lost/);
  await until(() => groups(task), (left) => left.length === 0);
  await until(() => existsSync(`${server.dataDir}/tasks/${idOf(task)}`), (there) => !there);
});

test("a task that ends leaves nothing on the machine either", async () => {
  const { task } = await script("tidy", "sleep 1000 & echo out");
  await until(() => groups(task), (left) => left.length === 0);
  await until(() => existsSync(`${server.dataDir}/tasks/${idOf(task)}`), (there) => !there);
  assert.ok(!readdirSync("/run/gantry-containers").some((name) => name.startsWith(idOf(task))));
});

test("tasks run on without the process that started them, and new ones get another", async () => {
  const definition = await define("restarted", { name: "main", command: ["sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.1; done"] });
  const first = await begin(definition);
  await until(() => output(first, "main").catch(() => []), (said) => said.includes("up"));
  const starter = Number(readFileSync(`/proc/${supervisor(first)}/stat`, "utf8").split(") ").at(-1).split(" ")[1]);
  assert.match(readFileSync(`/proc/${starter}/comm`, "utf8"), /^gantry-starter/);
  process.kill(starter, "SIGKILL");
  await until(() => alive(starter), (is) => !is);
  const second = await begin(definition);
  await until(() => output(second, "main").catch(() => []), (said) => said.includes("up"));
  for (const task of [first, second]) {
    await ecs.send(new StopTaskCommand({ task: task.taskArn }));
    assert.equal((await ended(task)).containers[0].exitCode, 5);
  }
});

test("what Fargate refuses is refused when it is registered", async () => {
  const refused = (container, more, message) => assert.rejects(define("refused", { name: "main", ...container }, more), { name: "ClientException", message });
  await refused({ privileged: true }, {}, /privileged/);
  await refused({ linuxParameters: { capabilities: { add: ["SYS_ADMIN"] } } }, {}, /SYS_ADMIN|capabilities/);
  await refused({ linuxParameters: { devices: [{ hostPath: "/dev/kvm" }] } }, {}, /devices/);
  await refused({ dockerSecurityOptions: ["apparmor:unconfined"] }, {}, /dockerSecurityOptions/);
  await refused({}, { volumes: [{ name: "v", host: { sourcePath: "/etc" } }] }, /sourcePath|host/i);
  await refused({}, { pidMode: "host" }, /pid/i);
  await refused({}, { ipcMode: "host" }, /ipc/i);
  await refused({}, { networkMode: "host" }, /awsvpc/);
  await refused({}, { cpu: "256", memory: "4096" }, /No Fargate configuration exists for given values/);
});
