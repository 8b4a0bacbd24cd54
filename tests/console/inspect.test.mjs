// Into a state's data, over lists of executions, and what starts a state machine.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { DescribeExecutionCommand, DescribeMapRunCommand, ListExecutionsCommand, ListMapRunsCommand } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { until } from "../e2e/lib/server.mjs";
import { walk } from "./walk.mjs";

let server, browser, page, sfn, sqs;
const { create, start, ended, details, node, accessible } = walk((begun) => {
  ({ server, browser, page, sfn } = begun);
  sqs = new SQSClient(server.client());
});


test("each stage of a state's data is shown, and nothing is called for it", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "told-once" }));
  const arn = await create("stages", {
    StartAt: "Name",
    States: {
      Name: { Type: "Pass", Parameters: { "run.$": "$$.Execution.Name", "order.$": "$.order" }, ResultPath: "$.named", Next: "Send" },
      Send: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", InputPath: "$.named", Parameters: { QueueUrl, "MessageBody.$": "$.order" }, ResultSelector: { "id.$": "$.MessageId" }, ResultPath: "$.sent", OutputPath: "$.named", Next: "Each" },
      Each: {
        Type: "Map", ItemsPath: "$.order.items", ItemSelector: { "n.$": "$$.Map.Item.Index", "of.$": "$.run" }, ResultSelector: { "all.$": "$" }, ResultPath: "$.done", Next: "Ask",
        ItemProcessor: { StartAt: "One", States: { One: { Type: "Pass", End: true } } },
      },
      Ask: { Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl: `${QueueUrl}-missing`, MessageBody: "x" }, Catch: [{ ErrorEquals: ["States.ALL"], ResultPath: "$.error", Next: "Done" }], Next: "Done" },
      Done: { Type: "Succeed" },
    },
  });
  const run = await start(arn, '{"order":{"items":["a","b"]}}', "one-run");
  assert.equal((await ended(run)).status, "SUCCEEDED");
  const open = async (state) => {
    await node(state).first().click({ position: { x: 24, y: 12 } });
    await details().getByRole("tab", { name: "Advanced view" }).click();
    await details().getByRole("heading", { name: state }).waitFor();
  };
  const stage = (label) => details().getByRole("region", { name: label, exact: true });
  await browser.go(`#/v2/executions/details/${run}?state=Send`);
  await details().getByRole("tab", { name: "Advanced view" }).click();
  await stage("After ResultSelector").getByText(/"id"/).waitFor();
  await stage("After InputPath").getByText("one-run").waitFor();
  await stage("Task result").getByText(/MD5OfMessageBody/).waitFor();
  await stage("After ResultPath").getByText(/"sent"/).waitFor();
  await details().getByText('InputPath: "$.named"').waitFor();
  assert.equal(await details().getByText("Computed anew").count(), 0);
  await accessible("80-stages");
  // The context object is the execution's own, in a state that calls nothing too.
  await open("Name");
  await stage("After Parameters").getByText("one-run").waitFor();
  await stage("After ResultPath").getByText(/"named"/).waitFor();
  await open("Each");
  await stage("After ItemSelector, item by item").getByText(/"n"/).first().waitFor();
  await details().getByText("Result: what the iterations came to").waitFor();
  await details().getByText("The same as before.").first().waitFor();
  await stage("After ResultSelector").getByText(/"all"/).waitFor();
  await open("Ask");
  await stage("Error").getByText(/NonExistent|DoesNotExist/).first().waitFor();
  await details().getByText(/^Catch:/).waitFor();
  await accessible("81-stages-caught");
  for (const state of ["Send", "Name", "Each", "Ask"]) {
    await open(state);
    await details().getByText("Computing what lies between").waitFor({ state: "hidden" });
    assert.equal(await details().getByText(/Computed anew|could not be computed/).count(), 0, state);
  }
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }));
  assert.equal(Attributes.ApproximateNumberOfMessages, "1", "the message was sent once, by the execution");
});

test("executions are narrowed by status, time and name, and the address keeps it", async () => {
  const arn = await create("many", { StartAt: "Which", States: { Which: { Type: "Choice", Choices: [{ Variable: "$.end", StringEquals: "bad", Next: "Bad" }, { Variable: "$.end", StringEquals: "slow", Next: "Slow" }], Default: "Good" }, Bad: { Type: "Fail", Error: "E" }, Slow: { Type: "Wait", Seconds: 3600, Next: "Good" }, Good: { Type: "Succeed" } } });
  const names = Array.from({ length: 30 }, (_, i) => `${["good", "bad", "slow"][i % 3]}-${i}`);
  for (const name of names) await start(arn, JSON.stringify({ end: name.split("-")[0] }), name);
  await browser.go(`#/statemachines/view/${arn}`);
  const rows = page.getByRole("table", { name: "Executions" }).getByRole("row");
  const count = (n) => page.getByText(`(${n})`, { exact: true }).waitFor();
  await count(30);
  assert.equal(await rows.count(), 26, "25 a page, and the head");
  await page.getByRole("button", { name: "Next page" }).click();
  await page.getByRole("link", { name: "good-0" }).waitFor();
  await page.getByRole("button", { name: /^Status/ }).click();
  await page.getByRole("option", { name: "Failed" }).click();
  await page.getByRole("option", { name: "Running" }).click();
  await page.keyboard.press("Escape");
  await count(20);
  assert.match(page.url(), /status=RUNNING(,|%2C)FAILED/);
  await page.getByLabel("Search executions").fill("slow-2");
  await count(5);
  await page.getByRole("button", { name: /^Started/ }).click();
  await accessible("82-range");
  await page.getByRole("radio", { name: "Last 15 minutes" }).click();
  await page.getByRole("button", { name: "Apply" }).click();
  await count(5);
  // The same list for whoever is given the link.
  const other = await browser.tab();
  await other.goto(page.url());
  await other.getByText("(5)", { exact: true }).waitFor();
  await other.getByText("Last 15 minutes").first().waitFor();
  await other.close();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await count(30);
  await browser.go(`#/statemachines/view/${arn}?from=2020-01-01T00:00:00Z&to=2020-02-01T00:00:00Z`);
  await page.getByText("None fits the filter.").waitFor();
  await page.getByRole("button", { name: /^Started/ }).click();
  await page.getByRole("radio", { name: "From and to" }).or(page.getByRole("button", { name: "From and to" })).first().click();
  await page.getByLabel("To", { exact: true }).fill("2099-01-01");
  await page.getByRole("button", { name: "Apply" }).click();
  await count(30);
  assert.match(page.url(), /to=2099-01-01/);
  await accessible("83-executions");
});

test("many are stopped and redriven at once, and what cannot be is left alone", async () => {
  await page.getByLabel("Search executions").fill("slow");
  await page.getByText("(10)", { exact: true }).waitFor();
  await page.getByRole("checkbox", { name: "Select all" }).click();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Stop 10 executions?" });
  await accessible("84-stop-many");
  await dialog.getByRole("button", { name: "Stop" }).click();
  await page.getByText("10 executions were stopped.").waitFor();
  await until(() => page.getByRole("table", { name: "Executions" }).getByText("Aborted").count(), (n) => n === 10);
  await page.getByLabel("Search executions").fill("-1");
  // good, bad and slow ones: 1, 10 to 19.
  await page.getByText("(11)", { exact: true }).waitFor();
  await page.getByRole("checkbox", { name: "Select all" }).click();
  await page.getByRole("button", { name: "Redrive", exact: true }).click();
  const again = page.getByRole("dialog", { name: "Redrive 8 executions?" });
  await again.getByText("Of the 11 chosen, 3 cannot be redriven, and are left alone.").waitFor();
  await again.getByRole("button", { name: "Redrive" }).click();
  await page.getByText("8 executions were redriven.").waitFor();
  await page.getByRole("button", { name: /^Redriven/ }).click();
  await page.getByRole("option", { name: "Yes", exact: true }).click();
  await page.getByText("(8)", { exact: true }).waitFor();
});

test("the last executions are seen state by state, and a square leads to its state", async () => {
  await page.getByRole("tab", { name: "Monitoring" }).click();
  const grid = page.getByRole("region", { name: "States of the last executions" });
  await grid.getByRole("row", { name: /^Slow/ }).waitFor();
  assert.equal(await grid.getByRole("row", { name: /^Which/ }).getByRole("link").count(), 20);
  await grid.scrollIntoViewIfNeeded();
  await accessible("90-states");
  await grid.getByRole("link", { name: /^Bad in bad-\d+: Failed/ }).first().click();
  await details().getByRole("heading", { name: "Bad" }).waitFor();
});

test("a Map Run that failed is redriven with its parent execution", async () => {
  const arn = await create("redriven-map", {
    StartAt: "Each", States: { Each: { Type: "Map", Label: "Each", ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "Which", States: { Which: { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: 2, Next: "Bad" }], Default: "Good" }, Bad: { Type: "Fail", Error: "E" }, Good: { Type: "Succeed" } } }, End: true } },
  });
  const executionArn = await start(arn, "[1,2,3]");
  await ended(executionArn);
  const { mapRuns } = await sfn.send(new ListMapRunsCommand({ executionArn }));
  await browser.go(`#/map-runs/${encodeURIComponent(mapRuns[0].mapRunArn)}`);
  await page.getByRole("button", { name: "Redrive from parent execution" }).click();
  await page.getByText("what failed in the Map Run is done again").waitFor();
  await until(() => sfn.send(new DescribeMapRunCommand({ mapRunArn: mapRuns[0].mapRunArn })), (r) => r.redriveCount === 1 && r.status !== "RUNNING");
  await page.locator("dt", { hasText: "Redrive count" }).locator("xpath=following-sibling::dd").getByText("1", { exact: true }).waitFor();
  await accessible("91-map-run-redriven");
});

test("a rule that starts a state machine is made on its page, and taken away there", async () => {
  const arn = await create("started-by", { StartAt: "Go", States: { Go: { Type: "Pass", End: true } } });
  await browser.go(`#/statemachines/view/${arn}?tab=rules`);
  await page.getByText("A rule starts this state machine at its times").waitFor();
  await page.getByRole("button", { name: "Create rule" }).first().click();
  const dialog = page.getByRole("dialog", { name: "Create rule" });
  await dialog.getByText("Event pattern", { exact: true }).click();
  await dialog.locator(".cm-content").waitFor();
  await dialog.getByLabel("Input", { exact: false }).last().fill('{"from":"a rule"}');
  await accessible("85-make-rule");
  await dialog.getByRole("button", { name: "Create rule" }).click();
  await page.getByRole("link", { name: "started-by-rule" }).waitFor();
  await accessible("86-rules-of");
  const events = new EventBridgeClient(server.client());
  await events.send(new PutEventsCommand({ Entries: [{ Source: "my.application", DetailType: "order placed", Detail: "{}" }] }));
  const { executions } = await until(() => sfn.send(new ListExecutionsCommand({ stateMachineArn: arn, statusFilter: "SUCCEEDED" })), (l) => l.executions.length === 1);
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn: executions[0].executionArn }))).input, '{"from":"a rule"}');
  await page.getByRole("button", { name: "Disable started-by-rule" }).click();
  await page.getByText("Disabled", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Remove started-by-rule" }).click();
  await page.getByText("the rule is deleted").waitFor();
  await page.getByRole("dialog", { name: "Remove started-by-rule?" }).getByRole("button", { name: "Remove" }).click();
  await page.getByText("started-by-rule was deleted.").waitFor();
  assert.deepEqual((await events.send(new ListRulesCommand({ NamePrefix: "started-by" }))).Rules, []);
});

test("a state machine is copied to a new one, and deleted from its page", async () => {
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: "Copy to new" }).click();
  await page.getByText("The server finds nothing wrong with it").waitFor();
  await page.getByText("Code", { exact: true }).click();
  await page.locator(".cm-content").getByText('"Go"').first().waitFor();
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name: "started-by-copy", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: "Delete started-by-copy?" }).getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("heading", { name: "State machines", level: 1 }).waitFor();
  await page.getByRole("button", { name: /Any type/ }).click();
  await page.getByRole("option", { name: "Express" }).click();
  await page.getByText("Nothing matches").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await page.getByRole("link", { name: "started-by", exact: true }).waitFor();
  await page.getByText("Active").first().waitFor();
  await accessible("87-machines");
});

test("a sample is chosen among many, deployed and started with its own input; the state that waits is answered on the page", async () => {
  await browser.go("#/sample-projects");
  await until(() => page.getByRole("radio").count(), (n) => n >= 8);
  await accessible("88-samples");
  await page.getByLabel("Search for sample projects").fill("callback");
  await page.getByRole("radio", { name: /Wait for somebody's answer/ }).click();
  await page.getByRole("button", { name: "Next" }).click();
  await page.locator(".react-flow__node", { hasText: "What was answered" }).waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("button", { name: "Deploy resources" }).last().click();
  await page.locator(".cm-content").getByText("May version 2 be released?").waitFor();
  await page.getByRole("button", { name: "Start execution" }).click();
  await page.getByText(/Ask waits for its task token/).waitFor();
  await node("Ask").first().click({ position: { x: 24, y: 12 } });
  await details().getByRole("tab", { name: "Answer" }).click();
  await details().getByRole("textbox", { name: "Output" }).fill('{"approved": true, "by": "the console"}');
  await accessible("89-answer");
  await details().getByRole("button", { name: "Send success" }).click();
  await page.locator(".state-box.is-succeeded", { hasText: "Tell the approval" }).waitFor();
  await page.getByText("Ask was answered, and goes on.").waitFor();
  await details().getByRole("tab", { name: "Output" }).click();
  await details().getByText('"the console"').first().waitFor();
});

test("every page that was walked through keeps WCAG 2.2 AA", () => assert.deepEqual(browser.inaccessible, []));
test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
