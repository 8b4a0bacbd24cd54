// The sample's guide, walked from an empty server to the delivered message: success, and failure.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CloudFormationClient, UpdateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { Server, until } from "../e2e/lib/server.mjs";
import { changed, importImage, template } from "../e2e/lib/sample.mjs";
import { Browser } from "./browser.mjs";

let server, browser, page;
before(async () => {
  server = await Server.start({ auth: "audit" });
  importImage(server);
  browser = await Browser.open(server.url);
  page = browser.page;
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const node = (name) => page.locator(".react-flow__node", { hasText: name });
const ended = () => page.locator(".mark-box.is-succeeded", { hasText: "End" }).waitFor();
const accessible = (name) => browser.accessible(name);

test("an empty server says what to do next, and the gallery leads to the review", async () => {
  await browser.go("");
  await page.getByText("No state machines").waitFor();
  await accessible("01-empty");
  await page.getByRole("link", { name: "Create state machine" }).first().click();
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await page.getByRole("radio", { name: /Manage a container task/ }).click();
  await accessible("02-gallery");
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await node("Run Fargate Task").waitFor();
  // Placeholders are shown unresolved before the deployment.
  await page.getByText("${ECSClusterArn}").waitFor();
  await accessible("03-review");
});

test("the resources are deployed, each with its status and the stack linked", async () => {
  await page.getByRole("button", { name: "Next", exact: true }).click();
  await page.getByText("A Fargate cluster").waitFor();
  await accessible("04-deploy");
  await page.getByRole("button", { name: "Deploy resources", exact: true }).click();
  const link = page.getByRole("link", { name: /^arn:aws:cloudformation/ });
  await link.waitFor();
  assert.match(await link.getAttribute("href"), /stackinfo\?stackId=/);
  await page.getByText(/CREATE_(IN_PROGRESS|COMPLETE)/).first().waitFor();
  await page.getByPlaceholder("Enter an execution name").waitFor();
});

test("names are checked, a non-ASCII one warns, and broken JSON can't be sent", async () => {
  const name = page.getByPlaceholder("Enter an execution name");
  await page.getByText(/the execution is called [0-9a-f]{8}-[0-9a-f]{4}-4/).waitFor();
  await name.fill("größe");
  await page.getByText("Non-ASCII names don't work with Amazon CloudWatch").waitFor();
  await name.fill("a b");
  await page.getByText("can't contain white space").first().waitFor();
  assert.equal(await page.getByRole("button", { name: "Start execution" }).isDisabled(), true);
  await name.fill("first-run");
  await accessible("05-new-execution");
});

test("an execution that succeeds: its graph, a step's data, the container's words, the message", async () => {
  await page.getByRole("button", { name: "Start execution" }).click();
  await ended();
  assert.equal(await page.locator(".state-box.is-succeeded").count(), 2);
  assert.equal(await page.locator(".state-box.is-waiting").count(), 1);
  await node("Run Fargate Task").click();
  const details = page.getByTestId("step-details");
  await details.getByText("Insert your JSON here").waitFor();
  await accessible("06-execution");
  await details.getByRole("tab", { name: "Output" }).click();
  await details.getByText('"TaskArn"').first().waitFor();
  await details.getByRole("tab", { name: "Container" }).click();
  await details.getByText("Hello from AWS Step Functions!").waitFor();
  await details.getByText("exit code").waitFor();
  await accessible("07-container");
  await node("Notify Success").click();
  await details.getByRole("tab", { name: "Message" }).click();
  await details.getByText("AWS Fargate Task started by Step Functions succeeded").waitFor();
  assert.match(page.url(), /state=Notify/);
});

test("a queue that is subscribed on the topic's page gets the next message", async () => {
  const execution = page.url();
  await page.getByTestId("step-details").getByRole("link", { name: /SNSTopic/ }).first().click();
  await page.getByPlaceholder("Queue name or ARN").fill("heard");
  await page.getByRole("button", { name: "Subscribe", exact: true }).click();
  await page.getByText("Confirmed").waitFor();
  await accessible("08-topic");
  await page.goto(execution);
  await page.getByRole("link", { name: "New execution" }).click();
  await page.getByPlaceholder("Enter an execution name").fill("second-run");
  await page.getByRole("button", { name: "Start execution" }).click();
  await ended();
  await node("Notify Success").click();
  const details = page.getByTestId("step-details");
  await details.getByRole("tab", { name: "Message" }).click();
  await details.getByText("Delivered", { exact: true }).waitFor();
  await details.getByRole("link", { name: "heard" }).click();
  await page.getByRole("button", { name: "Poll for messages" }).click();
  await page.getByText("AWS Fargate Task started by Step Functions succeeded").first().waitFor();
  await accessible("09-queue");
});

test("an execution whose container fails: the error is caught, shown and told", async () => {
  const cloudformation = new CloudFormationClient(server.client());
  await cloudformation.send(new UpdateStackCommand({ StackName: "FargateTaskNotification", TemplateBody: JSON.stringify(changed(template(), { command: "echo it broke; exit 3" })), Capabilities: ["CAPABILITY_IAM"] }));
  await until(async () => (await cloudformation.send(new DescribeStacksCommand({ StackName: "FargateTaskNotification" }))).Stacks[0].StackStatus, (s) => s === "UPDATE_COMPLETE");
  await browser.go("#/statemachines");
  await page.getByRole("link", { name: /ECSTaskNotificationStateMachine/ }).click();
  await page.getByRole("link", { name: "first-run" }).waitFor();
  await accessible("10-machine");
  await page.getByRole("link", { name: "New execution" }).first().click();
  await page.getByPlaceholder("Enter an execution name").fill("third-run");
  await page.getByRole("button", { name: "Start execution" }).click();
  await ended();
  assert.equal(await page.locator(".state-box.is-caught").count(), 1);
  await node("Run Fargate Task").click();
  const details = page.getByTestId("step-details");
  await details.getByText("States.TaskFailed").first().waitFor();
  await details.getByRole("tab", { name: "Container" }).click();
  await details.getByText("it broke").waitFor();
  await accessible("11-caught");
  await page.getByText("Table view").click();
  await page.getByRole("table", { name: "Steps" }).getByText("Notify Failure").waitFor();
  await accessible("12-table");
});

test("the time slider goes back to any event", async () => {
  await page.getByText("Graph view").first().click();
  await page.getByText("Time slider").click();
  await page.getByRole("slider", { name: "Moment of the execution" }).fill("5");
  await page.locator(".state-box.is-running", { hasText: "Run Fargate Task" }).waitFor();
  assert.equal(await page.locator(".state-box.is-waiting").count(), 2);
});

test("two executions are compared state by state", async () => {
  const arn = decodeURIComponent(/details\/([^?]+)/.exec(page.url())[1]);
  await browser.go(`#/executions/compare?a=${encodeURIComponent(arn.replace("third-run", "second-run"))}&b=${encodeURIComponent(arn)}`);
  await page.getByText("Not entered").first().waitFor();
  await accessible("13-compare");
});

test("every page that was walked through keeps WCAG 2.2 AA", () => assert.deepEqual(browser.inaccessible, []));
test("no page asked another host, broke the content policy or threw", () => assert.deepEqual(browser.faults, []));
