// A gantry server for a test: started on a free port with a data directory of its own, stopped and swept up
// after the test.
import { spawn, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, mkdirSync, copyFileSync, symlinkSync, existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { slowdown } from "./footprint.mjs";

const binary = process.env.GANTRY_BINARY;

export class Server {
  // flags: further flags of `gantry serve`. `auth` is off unless a test says otherwise. `through`: words of a program that becomes it.
  static async start({ flags = [], auth = "off", dataDir, environment = {}, through = [] } = {}) {
    const server = new Server();
    server.ownsData = !dataDir;
    server.dataDir = dataDir ?? mkdtempSync(join(tmpdir(), "gantry-e2e-"));
    server.flags = flags;
    server.auth = auth;
    server.environment = environment;
    server.through = through;
    await server.launch("127.0.0.1:0");
    return server;
  }

  async launch(listen) {
    const args = ["serve", "--listen", listen, "--data-dir", this.dataDir, "--auth", this.auth, ...this.flags];
    const [program, ...words] = [...this.through, binary, ...args];
    this.child = spawn(program, words, { env: { ...process.env, ...this.environment }, stdio: ["ignore", "pipe", "pipe"] });
    this.output = "";
    this.exited = new Promise((resolve) => this.child.on("exit", (code, signal) => resolve({ code, signal })));
    this.child.stderr.on("data", (data) => (this.output += data));
    this.url = await new Promise((resolve, reject) => {
      this.child.stdout.on("data", (data) => {
        this.output += data;
        const ready = /gantry: ready on (\S+)/.exec(this.output);
        if (ready) resolve(ready[1]);
      });
      this.exited.then(({ code, signal }) => reject(new Error(`gantry ended (${code ?? signal}): ${this.output}`)));
    });
    this.listen = new URL(this.url).host;
  }

  // Ends the process as a power cut would, and starts another on the same data and port.
  async crashAndRestart() {
    this.child.kill("SIGKILL");
    await this.exited;
    await this.launch(this.listen);
  }

  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill("SIGTERM");
      const { code, signal } = await this.exited;
      if (code !== 0) throw new Error(`gantry ended with ${code ?? signal}: ${this.output}`);
    }
    if (this.ownsData) rmSync(this.dataDir, { recursive: true, force: true });
  }

  // Options for an AWS SDK client.
  client(credentials = { accessKeyId: "test", secretAccessKey: "test" }, region = "us-east-1") {
    return { endpoint: this.url, region, credentials, maxAttempts: 1, disableHostPrefix: true };
  }

  gantry(...args) {
    return execFileSync(binary, args, { encoding: "utf8", env: { ...process.env, GANTRY_ENDPOINT: this.url, GANTRY_DATA_DIR: this.dataDir } });
  }

  // The same, told of the server alone.
  gantryByEndpoint(...args) {
    const { GANTRY_DATA_DIR: _, ...env } = { ...process.env, GANTRY_ENDPOINT: this.url };
    return execFileSync(binary, args, { encoding: "utf8", env });
  }

  // The aws command, its JSON answer parsed.
  aws(...args) {
    const env = { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_PAGER: "" };
    const text = execFileSync("/usr/bin/aws", ["--endpoint-url", this.url, "--output", "json", ...args], { encoding: "utf8", env });
    return text.trim() ? JSON.parse(text) : null;
  }
}

// A root file system of busybox alone, as a tar; made once a run.
let image;
export function busyboxImage() {
  if (image && existsSync(image)) return image;
  const folder = mkdtempSync(join(tmpdir(), "gantry-image-"));
  const root = join(folder, "root");
  for (const sub of ["bin", "tmp", "etc", "proc", "sys", "dev"]) mkdirSync(join(root, sub), { recursive: true });
  copyFileSync("/bin/busybox", join(root, "bin/busybox"));
  for (const applet of execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n")) {
    if (applet !== "busybox") symlinkSync("busybox", join(root, "bin", applet));
  }
  writeFileSync(join(root, "etc/passwd"), "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n");
  image = join(folder, "busybox.tar");
  execFileSync("tar", ["-C", root, "-cf", image, "."]);
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return image;
}

// Asks again until `done` accepts the answer. For what the API itself offers only by asking.
export async function until(ask, done, { seconds = 60, every = 50 } = {}) {
  const end = Date.now() + seconds * slowdown * 1000;
  for (;;) {
    const answer = await ask();
    if (done(answer)) return answer;
    if (Date.now() > end) throw new Error(`still not so after ${seconds} s: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
