// A small disk of memory, and a balloon that fills it.
import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class SmallDisk {
  constructor(megabytes) {
    this.folder = mkdtempSync(join(tmpdir(), "gantry-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", this.folder]);
    this.balloon = join(this.folder, "balloon");
  }
  free() {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }
  // Fills it up to the last block, or leaves some bytes.
  fill(leave = 0) {
    const file = openSync(this.balloon, "a");
    try {
      for (let block = 1 << 20; block >= 4096; block >>= 1) {
        const zeros = Buffer.alloc(block);
        try {
          while (this.free() - leave >= block) writeSync(file, zeros);
        } catch (error) {
          if (error.code !== "ENOSPC") throw error;
        }
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
  makeRoom() {
    rmSync(this.balloon, { force: true });
  }
  remove() {
    execFileSync("umount", ["--lazy", this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
