// The AWS CLI's command for a request: made from the very command object that the console sends, so that what is copied is
// what would be done. Pure; the shell is POSIX.

/** A command of the AWS SDK: its operation is told by its schema, `[9, namespace, name, ...]`. */
export interface Sent {
  input: unknown;
}

export interface Where {
  endpoint: string;
  region: string;
}

const services: Record<string, string> = {
  sfn: "stepfunctions", sns: "sns", sqs: "sqs", ecs: "ecs", cloudformation: "cloudformation", cloudwatch: "cloudwatch", cloudwatchlogs: "logs", eventbridge: "events", iam: "iam",
};

// The names that the CLI itself has for something else.
const renamed: Record<string, string> = { "sns subscribe endpoint": "notification-endpoint", "stepfunctions send-task-success output": "task-output" };

/** One argument as a shell takes it. */
export const quoted = (value: string) => (/^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`);

/** "stateMachineArn" as the CLI writes it: "state-machine-arn". */
export const dashed = (name: string) => name.replace(/(.)([A-Z][a-z]+)/g, "$1-$2").replace(/([a-z])([0-9]+)/g, "$1-$2").replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();

export function operationOf(sent: Sent): { service: string; operation: string } {
  const [, namespace, name] = (sent as { schema?: [number, string, string] }).schema ?? [];
  const service = services[namespace?.split(".").at(-1) ?? ""];
  if (!service || !name) throw new Error("this command names no operation of a service that is known");
  return { service, operation: dashed(name) };
}

// The CLI reads a file, or asks another host, where a value looks like one of these; it is not what is meant here.
const fetched = (value: string) => /^(file|fileb|https?):\/\//i.test(value);
// What steers a terminal when it is pasted, or turns the line about for the eye.
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const json = (value: unknown, space?: number) => JSON.stringify(value, null, space).replace(/[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
// What Linux takes as one argument is 128 KiB.
const longest = 100_000;

function option(name: string, value: unknown): string[] {
  if (typeof value === "boolean") return [`--${value ? "" : "no-"}${name}`];
  if (Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === "string" && /^[\w/][\w@%+=:,./-]*$/.test(v))) return [`--${name}`, ...(value as string[])];
  const text = value instanceof Date ? value.toISOString() : typeof value === "object" ? JSON.stringify(value) : String(value);
  // A value that begins with a dash would be taken for an option of its own.
  return text.startsWith("-") ? [`--${name}=${quoted(text)}`] : [`--${name}`, quoted(text)];
}

export function command(service: string, operation: string, options: Record<string, unknown>, where: Where): string {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return ["aws", service, operation, ...given.flatMap(([name, value]) => option(name, value)), "--endpoint-url", quoted(where.endpoint), "--region", quoted(where.region)].join(" ");
}

export function commandLine(sent: Sent, where: Where): string {
  const { service, operation } = operationOf(sent);
  const input = Object.fromEntries(Object.entries(sent.input as Record<string, unknown>).filter(([, value]) => value !== undefined));
  const texts = Object.values(input).map((v) => (typeof v === "string" ? v : (JSON.stringify(v) ?? "")));
  if (texts.some((text) => text.length > longest)) {
    // By the standard input; the end of it is a line that JSON can't hold.
    return `${command(service, operation, { "cli-input-json": "file:///dev/stdin" }, where)} <<'END-OF-INPUT'\n${json(input, 1)}\nEND-OF-INPUT`;
  }
  if (texts.some((text) => steering.test(text)) || Object.values(input).flat().some((v) => typeof v === "string" && fetched(v))) return command(service, operation, { "cli-input-json": json(input) }, where);
  return command(service, operation, Object.fromEntries(Object.entries(input).map(([name, value]) => [renamed[`${service} ${operation} ${name.toLowerCase()}`] ?? dashed(name), value])), where);
}
