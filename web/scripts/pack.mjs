// Packs the built console into one file for the binary: a JSON line that lists the files, and their bytes, compressed.
//   node scripts/pack.mjs DIST OUT
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";

const [dist, out] = process.argv.slice(2);
const types = {
  html: "text/html; charset=utf-8", js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml", json: "application/json",
  woff2: "font/woff2", woff: "font/woff", png: "image/png", ico: "image/x-icon", txt: "text/plain; charset=utf-8", webmanifest: "application/manifest+json",
};
const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => relative(dist, join(f.parentPath ?? f.path, f.name))).sort();
const index = [], bytes = [];
let offset = 0;
for (const path of files) {
  const extension = path.slice(path.lastIndexOf(".") + 1);
  if (!types[extension]) throw new Error(`pack: no content type is known for ${path}`);
  const whole = readFileSync(join(dist, path));
  const gzip = !["woff2", "woff", "png", "ico"].includes(extension);
  const stored = gzip ? gzipSync(whole, { level: 9 }) : whole;
  const etag = `"${createHash("sha256").update(whole).digest("hex").slice(0, 24)}"`;
  index.push({ path, type: types[extension], gzip, immutable: path.startsWith("assets/"), etag, offset, size: stored.length });
  bytes.push(stored);
  offset += stored.length;
}
writeFileSync(`${out}.new`, Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...bytes]));
renameSync(`${out}.new`, out);

// What the first page loads: its scripts, and what they import at once.
const html = readFileSync(join(dist, "index.html"), "utf8");
const first = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map((m) => m[1]);
const size = first.reduce((sum, path) => sum + index.find((f) => f.path === path).size, 0);
console.log(`web: ${files.length} files, ${(offset / 1024).toFixed(0)} kB compressed; the first page's script ${(size / 1000).toFixed(0)} kB`);
if (size > 400_000) throw new Error("web: the first page's script is over 400 kB compressed");
