// The parts of the Amazon States Language that a picture needs. What cannot be read is left out: the server judges
// definitions, this only draws them.

export interface StateDefinition {
  Type?: string;
  Comment?: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Resource?: string;
  QueryLanguage?: string;
  Choices?: Array<Record<string, unknown> & { Next?: string; Comment?: string }>;
  Catch?: Array<{ ErrorEquals?: string[]; Next?: string; Comment?: string; ResultPath?: string | null; Output?: unknown; Assign?: unknown }>;
  Retry?: Array<{ ErrorEquals?: string[]; IntervalSeconds?: number; BackoffRate?: number; MaxAttempts?: number; MaxDelaySeconds?: number; JitterStrategy?: string }>;
  Branches?: Machine[];
  Iterator?: Machine;
  ItemProcessor?: Machine & { ProcessorConfig?: { Mode?: string; ExecutionType?: string } };
  [member: string]: unknown;
}

export interface Machine {
  StartAt?: string;
  States?: Record<string, StateDefinition>;
  Comment?: string;
  QueryLanguage?: string;
  TimeoutSeconds?: number;
}

export function parseDefinition(text: string): Machine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === "object" && !Array.isArray(value) ? (value as Machine) : undefined;
  } catch {
    return undefined;
  }
}

/** The machines inside a state: a Parallel's branches, a Map's processor. */
export function inner(state: StateDefinition): Machine[] {
  if (state.Type === "Parallel" && Array.isArray(state.Branches)) return state.Branches.filter((b) => b && typeof b === "object");
  if (state.Type === "Map") {
    const processor = state.ItemProcessor ?? state.Iterator;
    return processor && typeof processor === "object" ? [processor] : [];
  }
  return [];
}

/** Every state by its name, however deep; names are unique in a machine. */
export function allStates(machine: Machine | undefined, found = new Map<string, StateDefinition>()): Map<string, StateDefinition> {
  for (const [name, state] of Object.entries(machine?.States ?? {})) {
    if (!state || typeof state !== "object") continue;
    found.set(name, state);
    for (const sub of inner(state)) allStates(sub, found);
  }
  return found;
}

/** What a task calls, for people: "ECS: RunTask", and its service's short name. */
export interface Service {
  key: string; // "ecs"
  title: string; // "Amazon ECS"
  action: string; // "RunTask"
  pattern?: string; // "sync", "waitForTaskToken"
}

const titles: Record<string, string> = {
  ecs: "Amazon ECS", sns: "Amazon SNS", sqs: "Amazon SQS", lambda: "AWS Lambda", dynamodb: "Amazon DynamoDB", states: "AWS Step Functions", events: "Amazon EventBridge",
  s3: "Amazon S3", batch: "AWS Batch", glue: "AWS Glue", athena: "Amazon Athena", http: "HTTP endpoint", activity: "Activity", apigateway: "Amazon API Gateway",
  sfn: "AWS Step Functions", eks: "Amazon EKS", bedrock: "Amazon Bedrock", logs: "CloudWatch Logs", secretsmanager: "AWS Secrets Manager", cloudformation: "AWS CloudFormation",
};

export function serviceOf(state: StateDefinition): Service | undefined {
  if (state.Type !== "Task" || typeof state.Resource !== "string") return undefined;
  const resource = state.Resource;
  const sdk = /^arn:[^:]+:states:[^:]*:[^:]*:aws-sdk:([^:]+):([^.]+)(?:\.(.+))?$/.exec(resource);
  const optimised = /^arn:[^:]+:states:[^:]*:[^:]*:([^:]+):([^.]+)(?:\.(.+))?$/.exec(resource);
  if (/:states:[^:]*:\d*:activity:/.test(resource)) return { key: "activity", title: "Activity", action: resource.slice(resource.lastIndexOf(":") + 1) };
  if (/^arn:[^:]+:lambda:/.test(resource)) return { key: "lambda", title: titles.lambda, action: resource.slice(resource.lastIndexOf(":") + 1) };
  const found = sdk ?? optimised;
  if (!found) return { key: "task", title: "Task", action: resource };
  const action = found[2].charAt(0).toUpperCase() + found[2].slice(1);
  return { key: found[1], title: titles[found[1]] ?? `AWS SDK: ${found[1]}`, action, pattern: found[3] };
}
