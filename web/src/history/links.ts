// From a task's own words to the things that it started: the ECS task, the message, the execution.
import type { Visit } from "./model";

const json = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

const at = (value: unknown, ...path: Array<string | number>): unknown => path.reduce<unknown>((v, key) => (v && typeof v === "object" ? (v as Record<string | number, unknown>)[key] : undefined), value);

export interface Links {
  ecsTask?: { arn: string; cluster: string; id: string };
  message?: { topicArn: string; messageId?: string; text?: string };
  queue?: { url: string; messageId?: string };
  execution?: string;
}

/** "cluster" and "id" of "arn:aws:ecs:...:task/cluster/id". */
export function taskOf(arn: string): Links["ecsTask"] {
  const found = /:task\/([^/]+)\/([^/]+)$/.exec(arn);
  return found ? { arn, cluster: found[1], id: found[2] } : undefined;
}

export function linksOf(visit: Visit | undefined): Links {
  const attempt = visit?.attempts.at(-1);
  if (!attempt) return {};
  const service = attempt.resource?.split(":")[0];
  const parameters = json(attempt.parameters);
  const answers = [json(attempt.submitted), json(attempt.result), json(attempt.cause)];
  const first = (...path: Array<string | number>) => answers.map((a) => at(a, ...path)).find((v): v is string => typeof v === "string");
  if (service === "ecs") {
    const arn = first("Tasks", 0, "TaskArn") ?? first("TaskArn");
    return arn ? { ecsTask: taskOf(arn) } : {};
  }
  if (service === "sns") {
    const topicArn = at(parameters, "TopicArn"), text = at(parameters, "Message");
    return typeof topicArn === "string" ? { message: { topicArn, messageId: first("MessageId"), text: typeof text === "string" ? text : undefined } } : {};
  }
  if (service === "sqs") {
    const url = at(parameters, "QueueUrl");
    return typeof url === "string" ? { queue: { url, messageId: first("MessageId") } } : {};
  }
  if (service === "states") return { execution: first("ExecutionArn") ?? first("executionArn") };
  return {};
}
