// Much of everything: a large workflow is laid out soon, a long history scrolls, a definition is checked while it is typed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { walk } from "./walk.mjs";

let server, browser, page;
const { create, start, ended } = walk((begun) => {
  ({ server, browser, page } = begun);
});

const run = async (stateMachineArn, input) => {
  const executionArn = await start(stateMachineArn, input);
  await ended(executionArn);
  return executionArn;
};

test("a workflow of 500 states is drawn", async () => {
  const States = {};
  for (let i = 0; i < 500; ++i) {
    const next = `State ${i + 1}`;
    States[`State ${i}`] = i === 499 ? { Type: "Succeed" } : i % 7 === 0 && i + 5 < 500 ? { Type: "Choice", Choices: [{ Variable: "$.x", NumericEquals: i, Next: `State ${i + 5}` }], Default: next } : { Type: "Pass", Next: next };
  }
  const arn = await create("large", { StartAt: "State 0", States });
  await browser.go(`#/statemachines/view/${arn}?tab=versions`);
  await page.getByText("No versions").waitFor();
  const begun = Date.now();
  await page.getByRole("tab", { name: "Definition" }).click();
  await page.locator(".react-flow__node").first().waitFor();
  const took = Date.now() - begun;
  await browser.shot("20-500-states");
  console.log(`# 500 states drawn within ${took} ms`);
  assert.ok(took < 8_000); // a second on a machine of one's own; this one may be shared
});

test("a history of 25,000 events is opened, scrolled to its end and searched", async () => {
  const arn = await create("loop", {
    StartAt: "Count",
    States: {
      Count: { Type: "Pass", Parameters: { "n.$": "States.MathAdd($.n, 1)" }, Next: "Enough" },
      Enough: { Type: "Choice", Choices: [{ Variable: "$.n", NumericGreaterThanEquals: 6200, Next: "Done" }], Default: "Count" },
      Done: { Type: "Succeed" },
    },
  });
  const execution = await run(arn, '{"n":0}');
  await browser.go(`#/v2/executions/details/${execution}`);
  await page.getByRole("heading", { name: /Events \(24,80\d\)/ }).waitFor();
  assert.equal(await page.locator(".edge-line").count(), 5, "the lines are there whatever came in while they were drawn");
  const body = page.getByRole("rowgroup", { name: "Rows of events" });
  const begun = Date.now();
  await body.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.getByText("ExecutionSucceeded").waitFor();
  console.log(`# scrolled through 24,800 events in ${Date.now() - begun} ms`);
  // Up again a screen a frame, for two seconds: how long the frames were.
  const frames = await body.evaluate((element) => new Promise((resolve) => {
    const took = [];
    let last = performance.now();
    const step = (now) => {
      took.push(now - last);
      last = now;
      element.scrollTop -= 480;
      if (took.length < 120) requestAnimationFrame(step);
      else resolve(took.slice(1).sort((a, b) => a - b));
    };
    requestAnimationFrame(step);
  }));
  console.log(`# scrolling, a frame took ${Math.round(frames[frames.length >> 1])} ms, the longest ${Math.round(frames.at(-1))} ms`);
  assert.ok(frames.at(-1) < 10_000);
  assert.ok((await page.getByRole("table", { name: "Events" }).getByRole("row").count()) < 80, "only the rows in sight are in the page");
  await page.getByLabel("Search the events").fill('"n":6200');
  await page.getByText(/\([1-9]\d* of 24,80\d\)/).waitFor();
  await browser.shot("21-25000-events");
});

test("a Map's iterations are chosen, branches and retries have their bars", async () => {
  const arn = await create("nested", {
    StartAt: "Each",
    States: {
      Each: { Type: "Map", ItemProcessor: { StartAt: "Check", States: { Check: { Type: "Choice", Choices: [{ Variable: "$", NumericEquals: 2, Next: "Odd one" }], Default: "Fine" }, Fine: { Type: "Pass", End: true }, "Odd one": { Type: "Fail", Error: "Odd", Cause: "two is not wanted" } } }, Catch: [{ ErrorEquals: ["States.ALL"], Next: "Both" }], Next: "Both" },
      Both: { Type: "Parallel", Branches: [{ StartAt: "Left", States: { Left: { Type: "Pass", End: true } } }, { StartAt: "Right", States: { Right: { Type: "Pass", End: true } } }], End: true },
    },
  });
  const execution = await run(arn, "[1,2,3]");
  await browser.go(`#/v2/executions/details/${execution}`);
  await page.locator(".state-box.group.is-caught", { hasText: "Each" }).waitFor();
  await page.locator(".state-box.is-failed", { hasText: "Odd one" }).waitFor();
  await page.locator(".state-box.is-succeeded", { hasText: "Right" }).waitFor();
  await page.getByRole("button", { name: /Each/ }).first().click();
  await browser.shot("22-nested");
  assert.deepEqual(await browser.violations(), []);
});

test("a definition is checked by the server while it is typed, a state is tested, and it is created", async () => {
  await browser.go("#/statemachines/edit/new?mode=code");
  await page.getByText("The server finds nothing wrong with it").waitFor();
  const editor = page.getByRole("textbox", { name: "Definition" });
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"StartAt":"A","States":{"A":{"Type":"Pass","Next":"Nowhere"}}}');
  await page.getByText(/1 error|errors/).first().waitFor();
  assert.ok(await page.getByRole("button", { name: "Create", exact: true }).isDisabled());
  await page.locator(".cm-lintRange-error").first().waitFor();
  await browser.shot("23-editor-error");
  await editor.click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"sum.$":"States.MathAdd($.a, 2)"},"End":true}}}');
  await page.getByText("The server finds nothing wrong with it").waitFor();
  await page.locator('.react-flow__node[data-id="A"]').click();
  await page.getByRole("textbox", { name: "Input" }).fill('{"a":40}');
  await page.getByRole("button", { name: "Test state" }).click();
  await page.getByLabel("Output of the test", { exact: true }).getByText("42").waitFor();
  assert.deepEqual(await browser.violations(), []);
  await browser.shot("24-editor");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name: "MyStateMachine" }).first().waitFor();
});

test("the other pages open, by keyboard too", async () => {
  for (const [keys, heading] of [["ge", "Clusters"], ["gt", "Topics"], ["gq", "Queues"], ["gl", "Log groups"], ["gc", "Stacks"], ["ga", "Access decisions"], ["gp", "Sample projects"], ["gs", "State machines"]]) {
    await page.keyboard.press(keys[0]);
    await page.keyboard.press(keys[1]);
    await page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  }
  await browser.go("#/activities");
  await page.getByRole("heading", { name: "Activities" }).waitFor();
  assert.deepEqual(await browser.violations(), []);
});

test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
