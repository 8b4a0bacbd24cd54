import { execFileSync } from "node:child_process";
import { CreateStackCommand } from "@aws-sdk/client-cloudformation";
import { StopTaskCommand } from "@aws-sdk/client-ecs";
import { DisableRuleCommand } from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { CreateStateMachineCommand, RedriveExecutionCommand, SendTaskSuccessCommand, StartExecutionCommand, UpdateMapRunCommand } from "@aws-sdk/client-sfn";
import { PublishCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { commandLine, dashed, quoted, type Sent } from "./commandLine";

const where = { endpoint: "http://127.0.0.1:4510", region: "eu-west-1" };
const line = (sent: Sent) => commandLine(sent, where);

/** What a real shell makes of the line: the arguments that `aws` would get, and its standard input. */
function asShellReads(text: string): { args: string[]; stdin: string } {
  const script = `aws() { printf '%s\\0' "$@"; printf '\\1'; case "$*" in *stdin*) cat;; esac; }\n${text}\n`;
  const [args, stdin] = execFileSync("/bin/sh", ["-s"], { input: script, encoding: "utf8", maxBuffer: 1 << 26 }).split("\u0001");
  return { args: args.split("\0").slice(0, -1), stdin };
}

const option = (args: string[], name: string) => args[args.indexOf(`--${name}`) + 1];

test("names are dashed as the CLI does", () => {
  for (const [name, wanted] of [["stateMachineArn", "state-machine-arn"], ["QueueUrl", "queue-url"], ["StartSyncExecution", "start-sync-execution"], ["kmsDataKeyReusePeriodSeconds", "kms-data-key-reuse-period-seconds"], ["TemplateURL", "template-url"], ["ListMapRuns", "list-map-runs"], ["MD5OfBody", "md5-of-body"]]) {
    expect(dashed(name)).toBe(wanted);
  }
});

test("the service and the operation are those of the command that is sent", () => {
  expect(line(new RedriveExecutionCommand({ executionArn: "arn:x" }))).toBe("aws stepfunctions redrive-execution --execution-arn arn:x --endpoint-url http://127.0.0.1:4510 --region eu-west-1");
  expect(line(new PublishCommand({ TopicArn: "t", Message: "m" }))).toMatch(/^aws sns publish --topic-arn t --message m /);
  expect(line(new SendMessageCommand({ QueueUrl: "q", MessageBody: "m" }))).toMatch(/^aws sqs send-message --queue-url q --message-body m /);
  expect(line(new StopTaskCommand({ cluster: "c", task: "t", reason: "a b" }))).toMatch(/^aws ecs stop-task --cluster c --task t --reason 'a b' /);
  expect(line(new DisableRuleCommand({ Name: "r" }))).toMatch(/^aws events disable-rule --name r /);
  expect(line(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: "{}" }))).toMatch(/^aws iam create-role --role-name r --assume-role-policy-document '\{\}' /);
});

test("a shell gives back every payload as it was", () => {
  const hostile = ["it's", "''", `"$(touch /tmp/never)"`, "`id`; rm -rf $HOME # !!", "a\nb\\n\tc", "\\", "$'x'", "größe 漢字", "*?[a]~", "", " ", "&&|><(){}"];
  for (const input of hostile) {
    expect(asShellReads(`aws ${quoted(input)}`).args).toEqual([input]);
    const { args } = asShellReads(line(new StartExecutionCommand({ stateMachineArn: "arn:aws:states:::x", input: JSON.stringify({ input }) })));
    expect(option(args, "input")).toBe(JSON.stringify({ input }));
  }
});

test("a value that begins with a dash is no option", () => {
  expect(line(new PublishCommand({ TopicArn: "t", Message: "--dry run" }))).toContain(" --message='--dry run' ");
});

test("a value that looks like a file or a page is not fetched by the CLI", () => {
  for (const Message of ["file:///etc/passwd", "https://example.com/", "fileb://x"]) {
    const { args } = asShellReads(line(new PublishCommand({ TopicArn: "t", Message })));
    expect(args).not.toContain("--message");
    expect(JSON.parse(option(args, "cli-input-json"))).toEqual({ TopicArn: "t", Message });
  }
});

test("nothing that steers a terminal is pasted into it", () => {
  for (const Message of ["\u001b[201~rm -rf ~\r", "\u009b2J", "a\u202eb", "\u007f\u0008"]) {
    const text = line(new PublishCommand({ TopicArn: "t", Message }));
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(option(asShellReads(text).args, "cli-input-json"))).toEqual({ TopicArn: "t", Message });
  }
});

test("structures are JSON, lists of names are words, truths are flags, what is not given is left out", () => {
  const { args } = asShellReads(line(new CreateStateMachineCommand({ name: "n", definition: "{}", roleArn: "r", publish: true, tracingConfiguration: { enabled: false }, tags: [{ key: "it's", value: "" }], versionDescription: undefined })));
  expect(args).toContain("--publish");
  expect(JSON.parse(option(args, "tags"))).toEqual([{ key: "it's", value: "" }]);
  expect(JSON.parse(option(args, "tracing-configuration"))).toEqual({ enabled: false });
  expect(args).not.toContain("--version-description");
  expect(line(new CreateStackCommand({ StackName: "s", Capabilities: ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"], DisableRollback: false }))).toContain(" --capabilities CAPABILITY_IAM CAPABILITY_NAMED_IAM --no-disable-rollback ");
  expect(line(new UpdateMapRunCommand({ mapRunArn: "m", maxConcurrency: 0 }))).toContain(" --max-concurrency 0 ");
});

test("options that the CLI calls otherwise have its names", () => {
  expect(line(new SubscribeCommand({ TopicArn: "t", Protocol: "sqs", Endpoint: "arn:q" }))).toContain(" --notification-endpoint arn:q ");
  expect(line(new SendTaskSuccessCommand({ taskToken: "t", output: "1" }))).toContain(" --task-output 1 ");
});

test("what is too long for an argument goes by the standard input", () => {
  const input = { StackName: "it's", TemplateBody: JSON.stringify({ text: "x'\n".repeat(60_000) }) };
  const { args, stdin } = asShellReads(line(new CreateStackCommand(input)));
  expect(option(args, "cli-input-json")).toBe("file:///dev/stdin");
  expect(JSON.parse(stdin)).toEqual(input);
});
