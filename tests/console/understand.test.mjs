// What AWS's own console lacks: a history from elsewhere, replay, links, search, keys, the same for a terminal, and a page that
// lives on when its server dies.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DescribeExecutionCommand, DescribeStateMachineForExecutionCommand, GetExecutionHistoryCommand, SendTaskSuccessCommand } from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { until } from "../e2e/lib/server.mjs";
import { walk } from "./walk.mjs";

let server, browser, page, sfn, sqs;
const { create, start, ended, details, node, accessible } = walk((begun) => {
  ({ server, browser, page, sfn } = begun);
  sqs = new SQSClient(server.client());
});

const events = () => page.getByRole("heading", { name: /^Events \(/ });
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
// In a shell, as whoever pastes it does.
const inShell = (command) => execFileSync("/bin/bash", ["-c", command], {
  encoding: "utf8", env: { ...process.env, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_PAGER: "", AWS_DEFAULT_OUTPUT: "json" },
});
const copied = async (button) => {
  const before = await page.evaluate(() => navigator.clipboard.writeText("").then(() => ""));
  await button.click();
  return until(clipboard, (text) => text !== before);
};

// Goes round three times, each time with other data, and fails in the end where it is asked to.
const loop = {
  StartAt: "Count",
  States: {
    Count: { Type: "Pass", Parameters: { "n.$": "States.MathAdd($.n, 1)", "word.$": "$.word" }, Next: "Enough" },
    Enough: { Type: "Choice", Choices: [{ Variable: "$.n", NumericGreaterThanEquals: 3, Next: "Sort" }], Default: "Count" },
    Sort: { Type: "Choice", Choices: [{ Variable: "$.word", StringEquals: "bad", Next: "Refuse" }], Default: "Accept" },
    Accept: { Type: "Pass", Result: "kept", ResultPath: "$.verdict", End: true },
    Refuse: { Type: "Fail", Error: "Refused", Cause: "the word is bad" },
  },
};
let loopArn, good, bad;

test("where there is nothing yet, every list says what to do next", async () => {
  await browser.go("#/statemachines");
  for (const [keys, title, next] of [
    ["gs", "No state machines", "Begin with a sample project"], ["gc", "No stacks", "Sample projects"], ["ge", "No clusters", "Deploy the sample project"], ["gt", "No topics", "Create one"], ["gq", "No queues", "Create one"],
    ["gl", "No log groups", "turn on a state machine's logging"], ["gr", "No rules", "Make one with"], ["gm", "No metrics yet", "Start an execution"], ["gv", "No activities", "Create one"], ["ga", "Nothing was denied", "Start it with --auth audit"],
  ]) {
    for (const key of keys) await page.keyboard.press(key);
    await page.getByText(title, { exact: true }).waitFor();
    await page.getByText(next).first().waitFor();
  }
});

test("a text is searched for in the inputs and outputs of all executions, and within one", async () => {
  loopArn = await create("loop", loop);
  good = await start(loopArn, '{"n":0,"word":"haystack with a needle"}', "good");
  bad = await start(loopArn, '{"n":0,"word":"bad"}', "bad");
  await ended(good);
  await ended(bad);
  await browser.go(`#/statemachines/view/${loopArn}`);
  await page.getByRole("link", { name: "bad" }).waitFor();
  await page.getByLabel("Search executions").fill("needle");
  await page.getByText("Press Enter to look into inputs and outputs").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("(1 found in 2)").waitFor();
  await page.getByRole("cell", { name: "input" }).waitFor();
  await accessible("60-search");
  await page.getByLabel("Search executions").fill("the word is bad");
  await page.getByRole("button", { name: "Search inputs and outputs" }).click();
  await page.getByRole("cell", { name: "cause" }).waitFor();
  await page.getByRole("link", { name: "bad" }).click();
  await events().waitFor();
  await page.getByRole("button", { name: "Show step detail" }).click();
  await details().getByRole("heading", { name: "Refuse" }).waitFor();
  await page.getByLabel("Search the events").fill('"n":2');
  await page.getByRole("heading", { name: /^Events \([1-9] of \d\d\)/ }).waitFor();
  await page.getByRole("table", { name: "Events" }).getByText("PassStateExited").waitFor();
});

test("an execution is replayed state by state, with the data of each moment", async () => {
  await browser.go(`#/v2/executions/details/${good}`);
  await page.locator(".mark-box.is-succeeded", { hasText: "End" }).waitFor();
  await page.getByText("Time slider").click();
  const slider = page.getByRole("slider", { name: "Moment of the execution" });
  const n = Number(await slider.inputValue());
  await page.getByRole("button", { name: "One state back" }).click();
  await page.locator(".state-box.is-succeeded", { hasText: "Accept" }).waitFor();
  await page.getByRole("button", { name: "One state back" }).click();
  // It was entered then, and had no output yet.
  await page.locator(".state-box.is-running", { hasText: "Accept" }).waitFor();
  await details().getByText("Accept").first().waitFor();
  await details().getByText('"n"').first().waitFor();
  await details().getByRole("tab", { name: "Output" }).click();
  await details().getByText("No output yet").waitFor();
  await accessible("61-replay");
  // The second time round the loop: the data of that visit, not of the last.
  const second = (await sfn.send(new GetExecutionHistoryCommand({ executionArn: good }))).events.filter((e) => e.type === "PassStateExited")[1].id;
  await slider.fill(String(second));
  await details().getByLabel("Output", { exact: true }).getByText("2", { exact: true }).waitFor();
  assert.equal(await page.locator(".state-box.is-waiting", { hasText: "Accept" }).count(), 1);
  await slider.fill(String(n - 4));
  await page.getByRole("button", { name: "Replay state by state" }).click();
  await page.getByText(`event ${n} of ${n}:`).waitFor();
  await page.locator(".mark-box.is-succeeded", { hasText: "End" }).waitFor();
  await page.getByRole("button", { name: "Replay state by state" }).waitFor();
});

test("a link leads to one visit of one state, and opens there", async () => {
  const second = (await sfn.send(new GetExecutionHistoryCommand({ executionArn: good }))).events.filter((e) => e.type === "PassStateEntered")[1].id;
  await browser.go(`#/v2/executions/details/${good}`);
  await node("Count").click();
  await details().getByRole("button", { name: /^Visit/ }).click();
  await page.getByRole("option", { name: /^2 of 3/ }).click();
  const link = await copied(details().getByRole("button", { name: "Copy the link to this state" }));
  assert.match(link, new RegExp(`state=Count&visit=${second}$`));
  const other = await browser.tab();
  await other.goto(link);
  await details(other).getByText("2 of 3").waitFor();
  await details(other).getByLabel("Input", { exact: true }).getByText("1", { exact: true }).waitFor();
  await other.locator(".state-box.is-selected", { hasText: "Count" }).waitFor();
  await other.close();
});

test("everything is reached by keyboard: the graph by its arrows, the views and the help by letters", async () => {
  await browser.go(`#/statemachines/view/${loopArn}`);
  await page.getByRole("link", { name: "bad" }).waitFor();
  await page.keyboard.press("n");
  // The name has the focus, Enter starts.
  await page.getByPlaceholder("Enter an execution name").waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("placeholder") === "Enter an execution name");
  await page.locator(".cm-content").waitFor();
  await page.keyboard.insertText("by-keys");
  for (let i = 0; i < 12 && !(await page.evaluate(() => document.activeElement?.shadowRoot !== null)); ++i) await page.keyboard.press("Tab");
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText('{"n":0,"word":"typed"}');
  await page.getByPlaceholder("Enter an execution name").focus();
  await page.keyboard.press("Enter");
  await page.locator(".mark-box.is-succeeded", { hasText: "End" }).waitFor();
  // One state of the picture is in the order of the Tab key.
  const inGraph = () => page.evaluate(() => document.activeElement?.classList.contains("react-flow__node") && document.activeElement.getAttribute("data-id"));
  await page.getByRole("heading", { name: "by-keys" }).first().click();
  let presses = 0;
  for (; presses < 80 && !(await inGraph()); ++presses) await page.keyboard.press("Tab");
  assert.equal(await inGraph(), "Count");
  await page.keyboard.press("Enter");
  await details().getByText("Count").first().waitFor();
  await page.keyboard.press("ArrowDown");
  await details().getByRole("heading", { name: "Enough" }).waitFor();
  assert.equal(await inGraph(), "Enough");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  const side = await inGraph();
  assert.ok(side === "Accept" || side === "Refuse", String(side));
  await page.keyboard.press(side === "Accept" ? "ArrowRight" : "ArrowLeft");
  if ((await inGraph()) === side) await page.keyboard.press(side === "Accept" ? "ArrowLeft" : "ArrowRight");
  await details().getByRole("heading", { name: side === "Accept" ? "Refuse" : "Accept" }).waitFor();
  await page.keyboard.press("ArrowUp");
  await details().getByRole("heading", { name: "Sort" }).waitFor();
  await accessible("62-arrows");
  await page.keyboard.press("v");
  await page.getByRole("table", { name: "Steps" }).waitFor();
  await page.keyboard.press("v");
  await page.keyboard.press("[");
  await page.getByRole("slider", { name: "Moment of the execution" }).waitFor();
  await page.keyboard.press("]");
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await help.getByText("From state to state").waitFor();
  await page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });
  await page.keyboard.press("/");
  await page.waitForFunction(() => document.activeElement?.getAttribute("type") === "search");
  await page.keyboard.type("gi r");
  assert.equal(await page.getByLabel("Search the events").inputValue(), "gi r", "what is typed into a field stays there");
  await page.getByRole("heading", { name: "by-keys" }).first().click();
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.getByRole("heading", { name: "Imported history", level: 1 }).waitFor();
});

test("a history that the AWS CLI exported is looked at like one's own; a wrong file says what is wrong with it", async () => {
  await browser.go("#/executions/import");
  const files = page.locator("input[type=file]");
  const give = (...list) => files.setInputFiles(list.map(([name, text]) => ({ name, mimeType: "application/json", buffer: Buffer.from(typeof text === "string" ? text : JSON.stringify(text)) })));
  const history = server.aws("stepfunctions", "get-execution-history", "--execution-arn", bad);
  const definition = await sfn.send(new DescribeStateMachineForExecutionCommand({ executionArn: bad }));
  const described = await sfn.send(new DescribeExecutionCommand({ executionArn: bad }));
  await give(["history.yaml", "events:\n- id: 1\n"]);
  await page.getByText(/history.yaml is YAML, where JSON is needed/).waitFor();
  await give(["described.json", described]);
  await page.getByText(/described.json is what describe-execution printed/).waitFor();
  await give(["broken.json", '{"events":[']);
  await page.getByText(/broken.json: This is not JSON/).waitFor();
  await give(["part.json", { events: history.events.slice(5) }]);
  await page.getByText(/choose the files of all its pages together/).waitFor();
  await accessible("63-import");
  await give(["incident.json", history], ["definition.json", definition]);
  await page.getByRole("heading", { name: "Imported: incident" }).waitFor();
  await page.getByText("Failed: Refused").waitFor();
  await page.locator(".state-box.is-failed", { hasText: "Refuse" }).waitFor();
  await page.locator(".state-box.is-waiting", { hasText: "Accept" }).waitFor();
  await node("Count").click();
  await details().getByText('"bad"').first().waitFor();
  await accessible("64-imported");
  await page.getByText("Table view").click();
  await page.getByRole("table", { name: "Steps" }).getByText("Refuse").waitFor();
  await page.getByText("Graph view").first().click();
  await page.getByRole("heading", { name: `Events (${history.events.length})` }).waitFor();
  await page.getByText("Time slider").click();
  await page.getByRole("slider", { name: "Moment of the execution" }).fill("2");
  await page.locator(".state-box.is-running", { hasText: "Count" }).waitFor();
  await page.getByRole("button", { name: "Close it" }).click();
  // Without the definition the picture is made up from the events, and so is what the definition of another version lacks.
  await give(["incident.json", history]);
  await page.getByText("No definition came with it").waitFor();
  await page.locator(".state-box.is-failed", { hasText: "Refuse" }).waitFor();
  await page.getByRole("button", { name: "Close it" }).click();
  await give(["incident.json", history], ["other.json", { StartAt: "B", States: { B: { Type: "Pass", End: true } } }]);
  await page.getByText(/is it that of another version/).waitFor();
  await page.getByRole("button", { name: "Close it" }).click();
});

const evil = { name: "<img src=x onerror=window.broken=1>", error: "<svg onload=window.broken=2>", cause: '<a href="javascript:window.broken=3">x</a><script>window.broken=4</script>' };
test("markup in inputs, names, errors and causes is text in every view", async () => {
  const arn = await create("markup", {
    Comment: evil.cause, StartAt: evil.name,
    States: { [evil.name]: { Type: "Pass", Comment: evil.name, Next: "‏שלום <b>x</b>" }, "‏שלום <b>x</b>": { Type: "Fail", Error: evil.error, Cause: evil.cause } },
  });
  const one = await start(arn, JSON.stringify({ [evil.name]: evil.cause })), two = await start(arn, JSON.stringify(evil.error));
  await ended(one);
  await ended(two);
  await browser.go(`#/v2/executions/details/${one}`);
  await page.getByText(`Failed: ${evil.error}`).waitFor();
  await page.getByText(evil.cause).first().waitFor();
  await node(evil.name).click();
  await details().getByRole("heading", { name: evil.name }).waitFor();
  await details().getByText("javascript:window.broken=3").first().waitFor();
  for (const tab of ["Output", "Details", "Definition", "Events"]) await details().getByRole("tab", { name: tab, exact: true }).click();
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download as SVG" }).click()]);
  const picture = readFileSync(await saved.path(), "utf8");
  assert.ok(picture.includes("&#60;img") && !picture.includes("<img") && !picture.includes("<script"), "the picture holds no markup of a name");
  await page.getByRole("button", { name: "Open event 2" }).click();
  await accessible("65-markup");
  await page.getByText("Table view").click();
  await page.getByRole("table", { name: "Steps" }).getByText(evil.name).waitFor();
  await browser.go(`#/executions/compare?a=${encodeURIComponent(one)}&b=${encodeURIComponent(two)}`);
  await page.getByText(evil.name).first().waitFor();
  await browser.go(`#/statemachines/edit/${arn}`);
  await node(evil.name).click();
  await page.getByText("The server finds nothing wrong with it").waitFor();
  await browser.go(`#/v2/executions/details/${encodeURIComponent(evil.name)}?state=${encodeURIComponent(evil.name)}`);
  await page.getByText("The execution could not be read").waitFor();
  assert.equal(await page.locator("img[src=x], svg[onload], a[href^='javascript:'], script:not([src])").count(), 0);
  assert.equal(await page.evaluate(() => window.broken), undefined);
});

test("what is not there says what may have become of it, and a list of nothing what to do", async () => {
  await browser.go(`#/v2/executions/details/${loopArn.replace(":stateMachine:", ":execution:")}:gone`);
  await page.getByText("ExecutionDoesNotExist").waitFor();
  await page.getByText("It may have been deleted").waitFor();
  const stuck = await start(await create("stuck", { StartAt: "Which", States: { Which: { Type: "Choice", Choices: [{ Variable: "$.x", IsPresent: true, Next: "Done" }] }, Done: { Type: "Succeed" } } }));
  await ended(stuck);
  await browser.go(`#/v2/executions/details/${stuck}`);
  await page.getByText("Give it a Default, or a rule for this input.").first().waitFor();
  await accessible("68-mend");
  await page.getByRole("link", { name: "Open the Studio" }).first().click();
  await node("Which").waitFor();
  const arn = await create("fresh", { StartAt: "A", States: { A: { Type: "Succeed" } } });
  await browser.go(`#/statemachines/view/${arn}`);
  await page.getByText("Start the first one.").waitFor();
  await page.getByRole("link", { name: "New execution" }).last().click();
  await page.getByPlaceholder("Enter an execution name").waitFor();
});

test("an action's command does in a shell what its button does here", async () => {
  const name = (await page.getByText(/the execution is called ([0-9a-f-]{36})/).textContent()).match(/[0-9a-f-]{36}/)[0];
  const input = JSON.stringify({ hostile: "it's `id` $(id) \"x\" \\ & größe", n: 0, word: "--x" });
  await page.getByRole("textbox", { name: "Input of the execution" }).click();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(input);
  const started = JSON.parse(inShell(await copied(page.getByRole("button", { name: "Copy as AWS CLI: start-execution" })))).executionArn;
  assert.ok(started.endsWith(name));
  assert.equal((await ended(started)).input, input);
  await accessible("66-command");
  // A message to a queue, with what its body has.
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "told" }));
  await browser.go(`#/queues/${encodeURIComponent(QueueUrl)}`);
  await page.getByRole("textbox", { name: "Message body" }).fill("file:///etc/passwd, it's");
  inShell(await copied(page.getByRole("button", { name: "Copy as AWS CLI: send-message" })));
  assert.equal((await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }))).Messages[0].Body, "file:///etc/passwd, it's");
  // A state machine with its role: three commands, one after the other.
  await browser.go("#/statemachines/edit/new");
  await page.getByText("The server finds nothing wrong with it").waitFor();
  await page.getByRole("button", { name: "Actions", exact: true }).first().click();
  const creation = await copied(page.getByRole("menuitem", { name: "Copy as AWS CLI" }));
  assert.match(creation, /^aws iam create-role .*\naws stepfunctions create-state-machine /s);
  inShell(creation);
  await browser.go("#/statemachines");
  await page.getByRole("link", { name: "MyStateMachine" }).waitFor();
});

let waiting;
test("what is waited for counts down: a wait, a retry, a token", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "asked" }));
  const one = (name, state) => ({ StartAt: name, States: { [name]: { ...state, End: true } } });
  const send = (url, more) => ({ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Parameters: { QueueUrl: url, MessageBody: "x" }, ...more });
  const arn = await create("waits", {
    StartAt: "All",
    States: {
      All: {
        Type: "Parallel", End: true,
        Branches: [
          one("Rest", { Type: "Wait", SecondsPath: "$.seconds" }),
          one("Try again", send(`${QueueUrl}-missing`, { Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 1800 }] })),
          one("Ask", send(QueueUrl, { Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken", Parameters: { QueueUrl, MessageBody: { "token.$": "$$.Task.Token" } }, TimeoutSeconds: 7200 })),
        ],
      },
    },
  });
  waiting = await start(arn, '{"seconds":5400}');
  await browser.go(`#/v2/executions/details/${waiting}`);
  const told = page.getByText("What is waited for").locator("xpath=ancestor::*[contains(., 'Rest')][1]");
  await page.getByText(/Rest waits for 1 h (2\d|30) min/).waitFor();
  await page.getByText(/Try again is tried again in (2\d|30) min \d+ s/).waitFor();
  await page.getByText(/Ask waits for its task token, at most in (1 h 5\d min|2 h 0 min)/).waitFor();
  const seconds = async () => /tried again in (\d+ min \d+ s)/.exec(await told.innerText())[1];
  const first = await seconds();
  await until(seconds, (now) => now !== first);
  await accessible("67-waits");
});

test("the server dies and comes back: the pages go on by themselves from where they were", async () => {
  const list = await browser.tab();
  await list.goto(`${server.url}/console/#/statemachines/view/${loopArn}`);
  await list.getByRole("link", { name: "by-keys" }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  for (const one of [page, list]) await one.evaluate(() => (window.sameDocument = true));
  const seen = await events().textContent();
  server.child.kill("SIGKILL");
  await server.exited;
  await page.getByText("The connection is lost; it is tried again").waitFor();
  assert.equal(await events().textContent(), seen, "what was read stays in sight");
  await server.launch(server.listen);
  await page.getByText("Live", { exact: true }).waitFor();
  // What happens from here on is told to both.
  const { Messages } = await until(() => sqs.send(new ReceiveMessageCommand({ QueueUrl: `${server.url}/000000000000/asked`, WaitTimeSeconds: 5 })), (m) => m.Messages?.length);
  await sfn.send(new SendTaskSuccessCommand({ taskToken: JSON.parse(Messages[0].Body).token, output: '"answered"' }));
  await page.locator(".state-box.is-succeeded", { hasText: "Ask" }).waitFor();
  await start(loopArn, '{"n":0,"word":"later"}', "after-the-crash");
  await list.getByRole("link", { name: "after-the-crash" }).waitFor();
  // Nothing is there twice and nothing was left out.
  const { events: all } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: waiting, maxResults: 1000 }));
  await page.getByRole("heading", { name: `Events (${all.length})` }).waitFor();
  await node("Ask").click();
  await details().getByRole("tab", { name: "Output" }).click();
  await details().getByText('"answered"').first().waitFor();
  for (const one of [page, list]) assert.equal(await one.evaluate(() => window.sameDocument), true, "no page was loaded anew");
  await list.close();
});

test("a page that is opened while the server is away comes when the server does", async () => {
  server.child.kill("SIGKILL");
  await server.exited;
  await page.getByText("The connection is lost; it is tried again").waitFor();
  // One that no walk before has loaded.
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.getByText("This page comes by itself as soon as it does.").waitFor();
  await server.launch(server.listen);
  await page.getByRole("heading", { name: "Sample projects", level: 1 }).waitFor();
  await browser.go(`#/v2/executions/details/${waiting}`);
  await page.getByText("Live", { exact: true }).waitFor();
});


test("stopped from a terminal, the page shows it, with the error and the cause", async () => {
  await page.getByRole("button", { name: "Stop execution" }).click();
  const dialog = page.getByRole("dialog", { name: "Stop execution" });
  await dialog.getByLabel("Error code").fill("Enough");
  await dialog.getByLabel("Cause").fill("it's <b>over</b>");
  inShell(await copied(dialog.getByRole("button", { name: "Copy as AWS CLI: stop-execution" })));
  await page.keyboard.press("Escape");
  await page.getByText("The execution was stopped").waitFor();
  await page.getByText("it's <b>over</b>").first().waitFor();
  assert.equal((await sfn.send(new DescribeExecutionCommand({ executionArn: waiting }))).cause, "it's <b>over</b>");
});

test("redriven, the execution goes on live from what was stopped, and what is exported opens as an import", async () => {
  assert.match(await copied(page.getByRole("button", { name: "Copy as AWS CLI: redrive-execution" })), new RegExp(`^aws stepfunctions redrive-execution --execution-arn ${waiting} `));
  await page.getByRole("button", { name: "Redrive", exact: true }).click();
  await page.getByText("Running", { exact: true }).waitFor();
  await page.getByText(/Rest waits for 1 h (2\d|30) min/).waitFor();
  await page.locator(".state-box.is-running", { hasText: "Rest" }).waitFor();
  await page.getByRole("button", { name: "Actions", exact: true }).click();
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "Export history (JSON)" }).click()]);
  const { events: told } = JSON.parse(readFileSync(await saved.path(), "utf8"));
  await browser.go("#/executions/import");
  await page.locator("input[type=file]").setInputFiles({ name: "mine.json", mimeType: "application/json", buffer: readFileSync(await saved.path()) });
  await page.getByRole("heading", { name: "Imported: mine" }).waitFor();
  await page.getByRole("heading", { name: `Events (${told.length})` }).waitFor();
  await page.locator(".state-box.is-running", { hasText: "Rest" }).waitFor();
  await page.getByRole("button", { name: "Close it" }).click();
});

test("in the dark, with the same contrast", async () => {
  await page.getByRole("button", { name: "Dark mode" }).click();
  await page.locator("body.awsui-dark-mode").waitFor();
  await accessible("70-dark-execution");
  const compare = `#/executions/compare?a=${encodeURIComponent(good)}&b=${encodeURIComponent(bad)}`;
  for (const [hash, text, name] of [
    [`#/v2/executions/details/${bad}?view=table&state=Refuse`, "Refused", "71-dark-table"], [compare, "Not entered", "72-dark-compare"], ["#/executions/import", "Open a history", "73-dark-import"],
    ["#/statemachines", "loop", "74-dark-machines"], [`#/executions/start/${loopArn}`, "Input", "75-dark-start"], [`#/statemachines/view/${loopArn}`, "by-keys", "76-dark-machine"],
  ]) {
    await browser.go(hash);
    await page.getByText(text, { exact: true }).first().waitFor();
    await accessible(name);
  }
  // It is remembered.
  await page.reload();
  await page.locator("body.awsui-dark-mode").waitFor();
});

test("every page that was walked through keeps WCAG 2.2 AA", () => assert.deepEqual(browser.inaccessible, []));
test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
