// A clock of the server's own, to be set while it runs: `Server.start({ environment: clock.environment })`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class TestClock {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "gantry-clock-"));
    const shim = join(this.folder, "set_clock.so");
    execFileSync("clang-19", ["-O1", "-shared", "-fPIC", "-o", shim, new URL("set_clock.c", import.meta.url).pathname, "-ldl", "-lpthread"]);
    this.environment = { LD_PRELOAD: shim, GANTRY_TEST_CLOCK: join(this.folder, "ahead") };
    this.set(0);
  }
  // By how much it is ahead of the machine's.
  set(aheadMs) {
    this.aheadMs = Math.round(aheadMs);
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(this.aheadMs));
    const file = openSync(this.environment.GANTRY_TEST_CLOCK, "a+");
    closeSync(file);
    const there = openSync(this.environment.GANTRY_TEST_CLOCK, "r+");
    writeSync(there, bytes, 0, 8, 0);
    closeSync(there);
  }
  now() {
    return Date.now() + this.aheadMs;
  }
  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
