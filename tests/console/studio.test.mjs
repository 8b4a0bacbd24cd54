// The Workflow Studio: a workflow is made by mouse and by keyboard, changed in forms, tried out, undone, saved.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DescribeStateMachineCommand, SFNClient } from "@aws-sdk/client-sfn";
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand } from "@aws-sdk/client-iam";
import { Server, until } from "../e2e/lib/server.mjs";
import { Browser } from "./browser.mjs";

let server, browser, page;
before(async () => {
  server = await Server.start({ flags: ["--runtime", "none"] });
  browser = await Browser.open(server.url);
  page = browser.page;
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const node = (name) => page.locator(`.react-flow__node[data-id="${name}"]`);
const accessible = (name) => browser.accessible(name);
const sound = () => page.getByText("The server finds nothing wrong with it").waitFor();
// Drags onto a place once the picture has come to rest: where it still moves, what is let go falls beside.
const drag = async (what, place) => {
  let before = "";
  await until(() => place.boundingBox().then(JSON.stringify), (now) => now !== "null" && now === before ? true : ((before = now), false), { every: 250 });
  await what.dragTo(place);
};
// Answers the dialog that a place's + opened.
const put = async (what) => {
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Which state");
  await page.keyboard.type(what);
  await page.keyboard.press("Enter");
};
// What the code mode holds; the editor keeps only the lines in sight in the page, so it is read from what is exported.
const definition = async () => {
  await page.getByRole("button", { name: "Actions", expanded: false }).click();
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: "Export the definition" }).click()]);
  const chunks = [];
  for await (const chunk of await file.createReadStream()) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
};

test("a state is dragged from the palette onto an edge", async () => {
  await browser.go("#/statemachines/edit/new");
  await node("Hello").waitFor();
  await sound();
  await drag(page.getByRole("button", { name: "Publish" }), page.getByRole("button", { name: "Insert a state between Hello and End" }));
  await node("Publish").waitFor();
  await page.getByRole("textbox", { name: "State name" }).waitFor();
  const { States } = await definition();
  assert.equal(States.Hello.Next, "Publish");
  assert.equal(States.Publish.Resource, "arn:aws:states:::sns:publish");
  await sound();
  await accessible("30-studio");
});

test("by keyboard alone: an edge is reached, Enter asks what comes there, a name and Enter put it in", async () => {
  await page.getByRole("button", { name: "Insert a state between Hello and Publish" }).press("Enter");
  await page.getByRole("searchbox", { name: "Which state" }).waitFor();
  await accessible("31-insert");
  await put("parallel");
  await node("Parallel").waitFor();
  await page.getByText(/\d errors?/).first().waitFor();
  await page.getByRole("button", { name: "Insert a state after the start of Parallel" }).first().press("Enter");
  await put("wait");
  await node("Wait").waitFor();
  const { States } = await definition();
  assert.deepEqual(States.Parallel.Branches[0], { StartAt: "Wait", States: { Wait: { Type: "Wait", Seconds: 5, End: true } } });
  assert.equal(States.Parallel.Next, "Publish");
});

test("an empty branch is a finding, and a drop fills it", async () => {
  await page.getByText(/\d errors?/).first().waitFor();
  assert.ok(await page.getByRole("button", { name: "Create", exact: true }).isDisabled());
  await page.getByRole("button", { name: "Flow", exact: true }).click();
  await drag(page.locator('[data-item="pass"]'), page.locator(".empty-box"));
  await node("Pass").waitFor();
  await sound();
});

test("a state is dragged out of a branch to another place", async () => {
  await page.locator('[data-item="succeed"]').hover(); // the palette stays open
  await drag(node("Hello").locator(".state-head"), page.getByRole("button", { name: "Insert a state between Wait and the end of Parallel" }));
  await page.getByRole("button", { name: "Insert a state between Wait and Hello" }).waitFor();
  const { StartAt, States } = await definition();
  assert.equal(StartAt, "Parallel");
  assert.equal(States.Parallel.Branches[0].States.Wait.Next, "Hello");
  assert.deepEqual(States.Parallel.Branches[0].States.Hello.End, true);
  await accessible("32-moved");
});

test("Ctrl+Z takes it back, Ctrl+Shift+Z does it again, Delete removes, Ctrl+D duplicates", async () => {
  await node("Wait").click();
  await page.keyboard.press("Control+z");
  await page.getByRole("button", { name: "Insert a state between Start and Hello" }).waitFor();
  await page.keyboard.press("Control+Shift+z");
  await page.getByRole("button", { name: "Insert a state between Start and Parallel" }).waitFor();
  await node("Hello").click();
  await page.keyboard.press("Control+d");
  await node("Hello (1)").waitFor();
  await page.keyboard.press("Delete");
  await node("Hello (1)").waitFor({ state: "detached" });
  assert.deepEqual(Object.keys((await definition()).States.Parallel.Branches[0].States), ["Wait", "Hello"]);
});

test("a name that is changed is changed wherever it is mentioned", async () => {
  await node("Wait").click();
  const name = page.getByRole("textbox", { name: "State name" });
  await name.fill("Hello");
  await page.getByText("Another state has this name.").waitFor();
  await name.fill("Wait a little");
  await name.press("Enter");
  await node("Wait a little").waitFor();
  assert.equal((await definition()).States.Parallel.Branches[0].StartAt, "Wait a little");
});

test("the form changes the state, errors are handled, and the code follows", async () => {
  await page.getByRole("textbox", { name: "Seconds", exact: true }).fill("2");
  await node("Publish").click();
  await page.getByRole("tab", { name: "Error handling" }).click();
  await page.getByRole("button", { name: "Add retrier" }).click();
  await page.getByRole("button", { name: "Add catcher" }).click();
  await page.getByRole("button", { name: /Fallback state/ }).click();
  await page.getByRole("option", { name: "Parallel" }).click();
  await page.locator(".edge-label", { hasText: "Catch: States.ALL" }).waitFor();
  await accessible("33-error-handling");
  await page.getByRole("button", { name: "Code", exact: true }).click();
  await page.getByRole("textbox", { name: "Definition" }).getByText('"Seconds"').waitFor();
  await sound();
  await accessible("34-code");
  await page.getByRole("button", { name: "Design", exact: true }).click();
  const { States } = await definition();
  assert.equal(States.Parallel.Branches[0].States["Wait a little"].Seconds, 2);
  assert.deepEqual(States.Publish.Catch, [{ ErrorEquals: ["States.ALL"], Next: "Parallel" }]);
  assert.equal(States.Publish.Retry[0].MaxAttempts, 3);
});

test("a choice's rules have a form, and a rule without a target has its place", async () => {
  await page.getByRole("button", { name: "Insert a state between Parallel and Publish" }).click();
  await put("choice");
  await node("Choice").waitFor();
  await page.getByRole("textbox", { name: "Condition" }).fill("{% $states.input.count > 3 %}");
  await page.getByRole("button", { name: "Add rule" }).click();
  await page.locator(".empty-box").waitFor();
  await page.getByRole("button", { name: "Flow", exact: true }).click();
  await drag(page.locator('[data-item="fail"]'), page.locator(".empty-box"));
  await node("Fail").waitFor();
  await sound();
  const { States } = await definition();
  assert.equal(States.Choice.Choices[0].Condition, "{% $states.input.count > 3 %}");
  assert.equal(States.Choice.Choices[1].Next, "Fail");
  assert.equal(States.Choice.Default, "Publish");
  // Publish goes back to Parallel when it fails: the picture begins with what comes first all the same.
  const [parallel, choice, publish] = await Promise.all(["Parallel", "Choice", "Publish"].map(async (name) => (await node(name).boundingBox()).y));
  assert.ok(parallel < choice && choice < publish, `Parallel at ${parallel}, Choice at ${choice}, Publish at ${publish}`);
  await node("Choice").click();
  await accessible("35-choice");
});

test("a state is tested in place, and each stage of its data is shown", async () => {
  await node("Pass").click();
  await page.getByRole("tab", { name: "Arguments & Output" }).click();
  const output = page.getByRole("textbox", { name: "Output", exact: true });
  await output.click();
  await page.keyboard.insertText('{"twice": "{% $states.input.n * 2 %}"}');
  await page.getByRole("tab", { name: "Test state" }).click();
  await page.getByRole("textbox", { name: "Input", exact: true }).fill('{"n": 21}');
  await page.getByRole("button", { name: "Test state" }).click();
  await page.getByLabel("Output of the test", { exact: true }).getByText("42").waitFor();
  await accessible("36-tested");
});

test("who leaves with changes is asked", async () => {
  const here = page.url();
  await page.getByRole("link", { name: "Cancel" }).click();
  await page.getByText("What was changed here is lost.").waitFor();
  await page.getByRole("button", { name: "Stay" }).click();
  assert.equal(page.url(), here);
  await node("Choice").waitFor();
});

test("the config proposes a role, and what is created has all that was chosen", async () => {
  await page.getByRole("button", { name: "Config", exact: true }).click();
  await page.getByLabel("State machine name").fill("studio-made");
  await page.getByText('"sns:Publish"').waitFor();
  await page.getByRole("checkbox", { name: /Publish a version/ }).check();
  await page.getByRole("button", { name: "Add tag" }).click();
  await page.getByLabel("Key of tag 1").fill("team");
  await page.getByLabel("Value of tag 1").fill("blue");
  await accessible("37-config");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByRole("heading", { name: "studio-made" }).first().waitFor();
  const sfn = new SFNClient(server.client()), iam = new IAMClient(server.client());
  const made = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: decodeURIComponent(/view\/([^?]+)/.exec(page.url())[1]) }));
  assert.equal(JSON.parse(made.definition).States.Choice.Default, "Publish");
  const RoleName = made.roleArn.split("/").at(-1);
  const { PolicyNames } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: PolicyNames[0] }));
  assert.match(decodeURIComponent(PolicyDocument), /sns:Publish/);
  await page.getByRole("tab", { name: "Versions" }).click();
  await page.getByText(/:1$/).or(page.getByRole("link", { name: "1", exact: true })).first().waitFor();
});

test("what there is opens in the studio, and is updated from there", async () => {
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await node("Wait a little").click();
  assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled());
  await page.getByRole("textbox", { name: "Seconds", exact: true }).fill("1");
  await sound();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("The state machine was updated.").waitFor();
});

test("every mode keeps WCAG 2.2 AA", () => assert.deepEqual(browser.inaccessible, []));
test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
