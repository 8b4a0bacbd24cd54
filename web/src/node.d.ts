// What a test asks of Node.js; the console itself has nothing of it.
declare module "node:child_process" {
  export function execFileSync(file: string, args: string[], options: { input: string; encoding: "utf8"; maxBuffer?: number }): string;
}
