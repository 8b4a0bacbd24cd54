// The policy that a workflow's role needs, read from its definition: what each task calls, on what it names.
import { allStates, type Machine, type StateDefinition } from "../asl/definition";

export interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: string | string[];
}

const given = (state: StateDefinition, member: string): string | undefined => {
  const parameters = (state.Arguments ?? state.Parameters) as Record<string, unknown> | undefined;
  const value = parameters && typeof parameters === "object" ? parameters[member] : undefined;
  // What is only known when it runs can't be named here.
  return typeof value === "string" && !value.startsWith("{%") && !value.startsWith("$") ? value : undefined;
};

interface Context {
  account: string;
  region: string;
}

type Rule = (state: StateDefinition, context: Context, pattern: string | undefined) => Statement[];
const allow = (Action: string[], Resource: string | string[] = "*"): Statement => ({ Effect: "Allow", Action, Resource });
const managedRule = ({ account, region }: Context, name: string) => allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], `arn:aws:events:${region}:${account}:rule/${name}`);

const rules: Record<string, Rule> = {
  "ecs:runTask": (state, context, pattern) => [
    allow(["ecs:RunTask"], given(state, "TaskDefinition")?.startsWith("arn:") ? given(state, "TaskDefinition") : "*"),
    allow(["iam:PassRole"]),
    ...(pattern === "sync" ? [allow(["ecs:StopTask", "ecs:DescribeTasks"]), managedRule(context, "StepFunctionsGetEventsForECSTaskRule")] : []),
  ],
  "lambda:invoke": (state, { account, region }) => {
    const name = given(state, "FunctionName");
    const arn = name === undefined ? "*" : name.startsWith("arn:") ? name : `arn:aws:lambda:${region}:${account}:function:${name}`;
    return [allow(["lambda:InvokeFunction"], arn === "*" ? arn : [arn, `${arn}:*`])];
  },
  "sns:publish": (state) => [allow(["sns:Publish"], given(state, "TopicArn") ?? "*")],
  "sqs:sendMessage": (state, { account, region }) => {
    const queue = /\/(\d{12})\/([^/]+)$/.exec(given(state, "QueueUrl") ?? "");
    return [allow(["sqs:SendMessage"], queue ? `arn:aws:sqs:${region}:${queue[1] ?? account}:${queue[2]}` : "*")];
  },
  "events:putEvents": (_, { account, region }) => [allow(["events:PutEvents"], `arn:aws:events:${region}:${account}:event-bus/default`)],
  "states:startExecution": (state, context, pattern) => {
    const machine = given(state, "StateMachineArn");
    return [
      allow(["states:StartExecution"], machine ?? "*"),
      ...(pattern?.startsWith("sync") ? [allow(["states:DescribeExecution", "states:StopExecution"], machine ? machine.replace(":stateMachine:", ":execution:").concat(":*") : "*"), managedRule(context, "StepFunctionsGetEventsForStepFunctionsExecutionRule")] : []),
    ];
  },
  "http:invoke": (state) => [allow(["states:InvokeHTTPEndpoint"]), allow(["events:RetrieveConnectionCredentials"], ((state.Arguments ?? state.Parameters) as { InvocationConfig?: { ConnectionArn?: string } } | undefined)?.InvocationConfig?.ConnectionArn ?? "*")],
};
const tableActions = ["getItem", "putItem", "updateItem", "deleteItem"];

/** The services whose names in IAM are not those in aws-sdk resources. */
const iamNames: Record<string, string> = { cloudwatchlogs: "logs", sfn: "states", eventbridge: "events", cloudwatch: "cloudwatch", s3: "s3" };

export function policyOf(machine: Machine, context: Context): { Version: string; Statement: Statement[] } {
  const found = new Map<string, Statement>();
  const add = (statement: Statement) => found.set(JSON.stringify(statement), statement);
  for (const state of allStates(machine).values()) {
    if (state.Type === "Map" && state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED") add(allow(["states:StartExecution", "states:DescribeExecution", "states:StopExecution"], `arn:aws:states:${context.region}:${context.account}:*`));
    if (state.Type !== "Task" || typeof state.Resource !== "string") continue;
    if (/^arn:[^:]+:lambda:/.test(state.Resource)) add(allow(["lambda:InvokeFunction"], state.Resource));
    const sdk = /:states:[^:]*:[^:]*:aws-sdk:([^:]+):([^.]+)/.exec(state.Resource);
    if (sdk) {
      const operation = sdk[2].charAt(0).toUpperCase() + sdk[2].slice(1);
      add(allow([`${iamNames[sdk[1]] ?? sdk[1]}:${operation}`]));
      continue;
    }
    const optimised = /:states:[^:]*:[^:]*:([a-z0-9-]+):([A-Za-z]+)(?:\.(.+))?$/.exec(state.Resource);
    if (!optimised) continue;
    const [, service, operation, pattern] = optimised;
    const table = given(state, "TableName");
    if (service === "dynamodb" && tableActions.includes(operation)) add(allow([`dynamodb:${operation.charAt(0).toUpperCase()}${operation.slice(1)}`], table ? `arn:aws:dynamodb:${context.region}:${context.account}:table/${table}` : "*"));
    else for (const statement of rules[`${service}:${operation}`]?.(state, context, pattern) ?? []) add(statement);
  }
  return { Version: "2012-10-17", Statement: [...found.values()] };
}
