// Pages beside the guide's: metrics, rules, keys, payloads of markup, both modes of colour, a small window.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudWatchClient, ListMetricsCommand } from "@aws-sdk/client-cloudwatch";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateStateMachineCommand, DescribeExecutionCommand, SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { Server, until } from "../e2e/lib/server.mjs";
import { Browser } from "./browser.mjs";

let server, browser, page, arn, sfn;
before(async () => {
  server = await Server.start({ flags: ["--runtime", "none"] });
  sfn = new SFNClient(server.client());
  const definition = JSON.stringify({
    StartAt: "Say",
    States: { Say: { Type: "Pass", Next: "Bad" }, Bad: { Type: "Choice", Choices: [{ Variable: "$.fail", IsPresent: true, Next: "Broken" }], Default: "Done" }, Broken: { Type: "Fail", Error: "Broken" }, Done: { Type: "Succeed" } },
  });
  arn = (await sfn.send(new CreateStateMachineCommand({ name: "counted", roleArn: "arn:aws:iam::000000000000:role/any", definition }))).stateMachineArn;
  for (let i = 0; i < 12; ++i) await sfn.send(new StartExecutionCommand({ stateMachineArn: arn, input: i % 4 === 1 ? '{"fail":1}' : "{}" }));
  browser = await Browser.open(server.url);
  page = browser.page;
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
const accessible = (name) => browser.accessible(name);

test("a rule shows its pattern and its targets, and says whether an event fits", async () => {
  const events = new EventBridgeClient(server.client());
  await events.send(new PutRuleCommand({ Name: "stopped", EventPattern: '{"source":["aws.ecs"],"detail":{"lastStatus":["STOPPED"]}}' }));
  await events.send(new PutTargetsCommand({ Rule: "stopped", Targets: [{ Id: "machine", Arn: arn, RoleArn: "arn:aws:iam::000000000000:role/any" }] }));
  await browser.go("#/rules");
  await accessible("42-rules");
  await page.getByRole("link", { name: "stopped" }).click();
  await page.getByRole("link", { name: arn }).waitFor();
  await page.getByRole("button", { name: "Test pattern" }).click();
  await page.getByText("The event fits the pattern").waitFor();
  await accessible("43-rule");
});

test("? lists the keys, and they work where a closed dialog is in the page", async () => {
  await browser.go("#/statemachines");
  await page.getByRole("link", { name: "counted" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await accessible("44-keys");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor({ state: "hidden" });
  for (const [keys, heading] of [["gm", "Metrics"], ["gr", "EventBridge rules"], ["gv", "Activities"]]) {
    await page.keyboard.press(keys[0]);
    await page.keyboard.press(keys[1]);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  }
});

test("a payload of markup is shown as text, on every view of it", async () => {
  const evil = '<img src=x onerror="window.broken=1"><script>window.broken=1</script><a href="javascript:window.broken=1">x</a>';
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn: arn, input: JSON.stringify({ evil }) }));
  await until(() => sfn.send(new DescribeExecutionCommand({ executionArn })), (e) => e.status !== "RUNNING");
  await browser.go(`#/v2/executions/details/${executionArn}?state=Say`);
  await page.getByTestId("step-details").getByText("<img src=x onerror").waitFor();
  await page.getByRole("tab", { name: "Execution input and output" }).click();
  await page.getByLabel("Execution input", { exact: true }).getByText("<script>").waitFor();
  assert.equal(await page.locator("img[src=x], a[href^='javascript:']").count(), 0);
  assert.equal(await page.evaluate(() => window.broken), undefined);
});

test("what the server says to the browser forbids everything that is not its own", async () => {
  const answer = await fetch(`${server.url}/console/`);
  const policy = answer.headers.get("content-security-policy");
  assert.match(policy, /default-src 'none'|default-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
});

test("dark, and a small window", async () => {
  const small = await Browser.open(server.url, { width: 1024, height: 700, dark: true });
  try {
    for (const [hash, text, name] of [["#/statemachines/edit/new", "The server finds nothing wrong with it", "45-studio-dark"], [`#/metrics?machine=${arn}`, /in all:/, "46-metrics-dark"], ["#/rules/stopped", "Would this event fit?", "47-rule-dark"]]) {
      await small.go(hash);
      await small.page.getByText(text).waitFor();
      if (hash.includes("edit")) await small.page.locator(".react-flow__node").first().waitFor();
      await small.shot(name);
      browser.inaccessible.push(...(await small.violations()).map((v) => `${name}: ${v}`));
    }
    assert.deepEqual(small.faults, []);
  } finally {
    await small.close();
  }
});

test("metrics are drawn by state machine over time, on a page and on the machine's own", async () => {
  // They are written once a minute.
  await until(async () => (await new CloudWatchClient(server.client()).send(new ListMetricsCommand({ Namespace: "AWS/States", MetricName: "ExecutionTime" }))).Metrics.length, (n) => n > 0, { seconds: 100, every: 500 });
  await browser.go("#/metrics");
  await page.getByText(/in all: 1\d started, \d+ succeeded, 3 failed/).waitFor();
  await page.getByRole("heading", { name: "Execution time" }).waitFor();
  await accessible("40-metrics");
  await browser.go(`#/statemachines/view/${arn}?tab=metrics`);
  await page.getByText(/in all: 1\d started/).waitFor();
  await accessible("41-monitoring");
});

test("every page that was looked at keeps WCAG 2.2 AA", () => assert.deepEqual(browser.inaccessible, []));
test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
