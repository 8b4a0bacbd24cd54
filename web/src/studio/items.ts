// What can be put into a workflow: integrations, states of the flow, and patterns of several states.
import type { Machine, StateDefinition } from "../asl/definition";
import { onward } from "../asl/edit";

export interface PaletteItem {
  id: string;
  title: string;
  service: string; // heading in the palette
  group: "actions" | "flow" | "patterns";
  description?: string;
  /** A state as which it is drawn. */
  picture: StateDefinition;
  make: (jsonata: boolean) => Machine;
}

type Json = Record<string, unknown>;

const one = (name: string, state: StateDefinition): Machine => ({ StartAt: name, States: { [name]: state } });
const resourceOf = (what: string) => `arn:aws:states:::${what}`;

/** A task with the members that its service asks for; "$.x" stands for a place in the input, in either language. */
function task(name: string, resource: string, parameters: Json, more: StateDefinition = {}): (jsonata: boolean) => Machine {
  return (jsonata) => one(name, { Type: "Task", Resource: resourceOf(resource), ...(jsonata ? { Arguments: inJsonata(parameters) } : { Parameters: inJsonPath(parameters) }), ...more, Next: onward });
}

const inJsonata = (value: unknown): unknown => {
  if (typeof value === "string" && /^\$\$?(\.|$)/.test(value)) return `{% $states.${value.startsWith("$$") ? `context${value.slice(2)}` : `input${value.slice(1)}`} %}`;
  if (Array.isArray(value)) return value.map(inJsonata);
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, inJsonata(v)]));
  return value;
};
const inJsonPath = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inJsonPath);
  if (!value || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => (typeof v === "string" && /^\$\$?(\.|$)/.test(v) ? [`${k}.$`, v] : [k, inJsonPath(v)])));
};

const action = (id: string, service: string, title: string, resource: string, parameters: Json, more?: StateDefinition): PaletteItem => ({
  id, title, service, group: "actions", description: resource, picture: { Type: "Task", Resource: resourceOf(resource) }, make: task(title.replace(/.*: /, ""), resource, parameters, more),
});

const rule = (jsonata: boolean, member: string, value: unknown, Next: string) =>
  jsonata ? { Condition: `{% $states.input.${member} = ${JSON.stringify(value)} %}`, Next } : { Variable: `$.${member}`, [typeof value === "boolean" ? "BooleanEquals" : "StringEquals"]: value, Next };

const flow = (id: string, title: string, description: string, picture: StateDefinition, make: (jsonata: boolean) => StateDefinition): PaletteItem => ({
  id, title, service: "Flow", group: "flow", description, picture, make: (jsonata) => one(title, make(jsonata)),
});

const pattern = (id: string, title: string, description: string, picture: StateDefinition, make: (jsonata: boolean) => Machine): PaletteItem => ({ id, title, service: "Patterns", group: "patterns", description, picture, make });

export const palette: PaletteItem[] = [
  action("ecs-run", "Amazon ECS", "Run task", "ecs:runTask.sync", { LaunchType: "FARGATE", Cluster: "default", TaskDefinition: "myTaskDefinition", NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ["subnet-1"], AssignPublicIp: "ENABLED" } } }),
  action("lambda-invoke", "AWS Lambda", "Invoke", "lambda:invoke", { FunctionName: "myFunction", Payload: "$" }, { Retry: [{ ErrorEquals: ["Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException"], IntervalSeconds: 1, MaxAttempts: 3, BackoffRate: 2, JitterStrategy: "FULL" }] }),
  action("sns-publish", "Amazon SNS", "Publish", "sns:publish", { TopicArn: "arn:aws:sns:us-east-1:000000000000:myTopic", Message: "$" }),
  action("sqs-send", "Amazon SQS", "Send message", "sqs:sendMessage", { QueueUrl: "http://127.0.0.1:4566/000000000000/myQueue", MessageBody: "$" }),
  action("events-put", "Amazon EventBridge", "Put events", "events:putEvents", { Entries: [{ Source: "my.app", DetailType: "MyDetailType", EventBusName: "default", Detail: { Message: "Hello" } }] }),
  action("states-start", "AWS Step Functions", "Start execution", "states:startExecution.sync:2", { StateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:myStateMachine", Input: { AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: "$$.Execution.Id" } }),
  action("dynamodb-get", "Amazon DynamoDB", "Get item", "dynamodb:getItem", { TableName: "myTable", Key: { Id: { S: "1" } } }),
  action("dynamodb-put", "Amazon DynamoDB", "Put item", "dynamodb:putItem", { TableName: "myTable", Item: { Id: { S: "1" } } }),
  action("dynamodb-update", "Amazon DynamoDB", "Update item", "dynamodb:updateItem", { TableName: "myTable", Key: { Id: { S: "1" } }, UpdateExpression: "SET #done = :done", ExpressionAttributeNames: { "#done": "done" }, ExpressionAttributeValues: { ":done": { BOOL: true } } }),
  action("dynamodb-delete", "Amazon DynamoDB", "Delete item", "dynamodb:deleteItem", { TableName: "myTable", Key: { Id: { S: "1" } } }),
  action("http", "HTTP endpoint", "Call HTTPS API", "http:invoke", { ApiEndpoint: "https://api.example.com/orders", Method: "GET", InvocationConfig: { ConnectionArn: "arn:aws:events:us-east-1:000000000000:connection/myConnection/1" } }),
  action("s3-get", "Amazon S3", "Get object", "aws-sdk:s3:getObject", { Bucket: "my-bucket", Key: "my-key" }),
  action("s3-put", "Amazon S3", "Put object", "aws-sdk:s3:putObject", { Bucket: "my-bucket", Key: "my-key", Body: "$" }),
  action("ssm-get", "AWS Systems Manager", "Get parameter", "aws-sdk:ssm:getParameter", { Name: "myParameter" }),
  action("logs-put", "CloudWatch Logs", "Put log events", "aws-sdk:cloudwatchlogs:putLogEvents", { LogGroupName: "myGroup", LogStreamName: "myStream", LogEvents: [] }),
  {
    id: "activity", title: "Run activity", service: "AWS Step Functions", group: "actions", description: "a worker of your own", picture: { Type: "Task", Resource: "arn:aws:states:us-east-1:0:activity:a" },
    make: () => one("Run activity", { Type: "Task", Resource: "arn:aws:states:us-east-1:000000000000:activity:myActivity", TimeoutSeconds: 3600, Next: onward }),
  },

  flow("choice", "Choice", "Goes one way or another", { Type: "Choice" }, (jsonata) => ({ Type: "Choice", Choices: [rule(jsonata, "ready", true, onward)], Default: onward })),
  flow("parallel", "Parallel", "Goes several ways at once", { Type: "Parallel" }, () => ({ Type: "Parallel", Branches: [{ States: {} }, { States: {} }], Next: onward })),
  flow("map", "Map", "The same for each item", { Type: "Map" }, (jsonata) => ({ Type: "Map", ...(jsonata ? { Items: "{% $states.input.items %}" } : { ItemsPath: "$.items" }), ItemProcessor: { ProcessorConfig: { Mode: "INLINE" }, StartAt: "Pass", States: { Pass: { Type: "Pass", End: true } } }, Next: onward })),
  flow("pass", "Pass", "Passes data on, or makes some", { Type: "Pass" }, () => ({ Type: "Pass", Next: onward })),
  flow("wait", "Wait", "Waits for a time", { Type: "Wait" }, () => ({ Type: "Wait", Seconds: 5, Next: onward })),
  flow("succeed", "Success", "Ends well", { Type: "Succeed" }, () => ({ Type: "Succeed" })),
  flow("fail", "Fail", "Ends with an error", { Type: "Fail" }, () => ({ Type: "Fail", Error: "MyError", Cause: "What went wrong" })),

  pattern("poller", "Job poller", "Starts a job, looks every few seconds whether it is done", { Type: "Wait" }, (jsonata) => ({
    StartAt: "Start job",
    States: {
      "Start job": { Type: "Pass", Next: "Wait a little" }, "Wait a little": { Type: "Wait", Seconds: 10, Next: "Look at job" }, "Look at job": { Type: "Pass", Next: "Is it done?" },
      "Is it done?": { Type: "Choice", Choices: [rule(jsonata, "status", "SUCCEEDED", onward), rule(jsonata, "status", "FAILED", "Job failed")], Default: "Wait a little" }, "Job failed": { Type: "Fail", Error: "JobFailed", Cause: "The job says that it failed" },
    },
  })),
  pattern("approval", "Wait for an answer", "Sends a task token and waits until somebody sends it back", { Type: "Task", Resource: resourceOf("sqs:sendMessage") }, (jsonata) =>
    task("Ask for approval", "sqs:sendMessage.waitForTaskToken", { QueueUrl: "http://127.0.0.1:4566/000000000000/myQueue", MessageBody: { Input: "$", TaskToken: "$$.Task.Token" } }, { TimeoutSeconds: 86400 })(jsonata)),
  pattern("caught", "Task with errors caught", "Tries again, then tells of the failure and ends", { Type: "Fail" }, (jsonata) => ({
    StartAt: "Do the work",
    States: {
      "Do the work": { Type: "Task", Resource: resourceOf("lambda:invoke"), ...(jsonata ? { Arguments: { FunctionName: "myFunction", Payload: "{% $states.input %}" } } : { Parameters: { FunctionName: "myFunction", "Payload.$": "$" } }), Retry: [{ ErrorEquals: ["States.TaskFailed"], IntervalSeconds: 2, MaxAttempts: 3, BackoffRate: 2 }], Catch: [{ ErrorEquals: ["States.ALL"], Next: "Tell of the failure" }], Next: onward },
      "Tell of the failure": { Type: "Task", Resource: resourceOf("sns:publish"), ...(jsonata ? { Arguments: { TopicArn: "arn:aws:sns:us-east-1:000000000000:myTopic", Message: "{% $states.input %}" } } : { Parameters: { TopicArn: "arn:aws:sns:us-east-1:000000000000:myTopic", "Message.$": "$" } }), Next: "It failed" },
      "It failed": { Type: "Fail", Error: "WorkFailed", Cause: "The work failed after all tries" },
    },
  })),
  pattern("distributed", "Distributed map", "Each item, or batch of them, in a child execution of its own", { Type: "Map" }, (jsonata) => ({
    StartAt: "Each item", States: { "Each item": { Type: "Map", ...(jsonata ? { Items: "{% $states.input.items %}" } : { ItemsPath: "$.items" }), ItemProcessor: { ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" }, StartAt: "Process item", States: { "Process item": { Type: "Pass", End: true } } }, MaxConcurrency: 1000, Label: "EachItem", Next: onward } },
  })),
];

export const paletteItem = (id: string) => palette.find((item) => item.id === id);

/** What fits a search, the best first. */
export function search(text: string): PaletteItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const rank = (item: PaletteItem) => (item.title.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return palette.filter((item) => words.every((w) => `${item.title} ${item.service} ${item.description ?? ""}`.toLowerCase().includes(w))).sort((a, b) => rank(a) - rank(b));
}
