// Chromium on a console: what the tests and the pictures share. A page that asks another host for something, that breaks its
// own content policy or that throws, fails its test.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const root = fileURLToPath(new URL("../../", import.meta.url));
const require = createRequire(join(root, "web/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export class Browser {
  static async open(url, { width = 1440, height = 900, dark = false } = {}) {
    const it = new Browser();
    it.url = url;
    it.faults = [];
    it.inaccessible = [];
    it.browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: flags });
    const context = await it.browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", reducedMotion: "reduce" });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    it.context = context;
    it.page = await it.tab();
    return it;
  }

  // A further page of the same browser, watched like the first.
  async tab() {
    const page = await this.context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => this.faults.push(`threw: ${error.message}`));
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(this.url)) this.faults.push(`asked another host: ${request.url()}`);
    });
    page.on("console", (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) this.faults.push(message.text().slice(0, 300));
    });
    return page;
  }

  go(hash) {
    return this.page.goto(`${this.url}/console/${hash}`);
  }

  // What axe finds that breaks WCAG 2.2 AA, as lines of text.
  async violations(runOnly = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }) {
    if (!(await this.page.evaluate(() => window.axe !== undefined))) await this.page.evaluate(axe);
    const found = await this.page.evaluate(async (only) => {
      const { violations } = await window.axe.run(document, { runOnly: only, resultTypes: ["violations"] });
      return violations.map((v) => ({ id: v.id, nodes: v.nodes.map((n) => `${n.target.join(" ")}: ${n.html.slice(0, 140)} ${n.any[0]?.message ?? ""}`).slice(0, 4) }));
    }, runOnly);
    return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n}`));
  }

  // A picture of this page as it is, and what breaks WCAG on it noted in `inaccessible` for the end of the walk.
  async accessible(name) {
    await this.shot(name);
    this.inaccessible.push(...(await this.violations()).map((v) => `${name}: ${v}`));
  }

  // What breaks it on this page in either colour mode: everything in the one that is on, the contrasts in the other.
  async violationsInBothModes(shot) {
    const found = (await this.violations()).map((v) => `light: ${v}`);
    await this.page.getByRole("button", { name: "Dark mode" }).click();
    await this.page.locator("body.awsui-dark-mode").waitFor();
    if (shot) await this.shot(`${shot}-dark`);
    found.push(...(await this.violations({ type: "rule", values: ["color-contrast"] })).map((v) => `dark: ${v}`));
    await this.page.getByRole("button", { name: "Light mode" }).click();
    return found;
  }

  // A picture for whoever looks at the tests' result.
  async shot(name) {
    const folder = join(root, "build/console-shots");
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }

  close() {
    return this.browser.close();
  }
}
