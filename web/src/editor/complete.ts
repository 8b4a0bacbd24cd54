// Names of the Amazon States Language, offered where a member's name or a state's type is written.
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";

const members = ["Comment", "StartAt", "States", "TimeoutSeconds", "QueryLanguage", "Type", "Next", "End", "Resource", "Parameters", "Arguments", "Output", "Assign", "InputPath", "OutputPath", "ResultPath", "ResultSelector", "Result",
  "Retry", "Catch", "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Choices", "Default", "Condition", "Variable", "StringEquals", "NumericEquals", "NumericGreaterThan", "NumericLessThan",
  "BooleanEquals", "IsPresent", "IsNull", "And", "Or", "Not", "Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Branches", "ItemProcessor", "ItemsPath", "Items", "ItemSelector", "MaxConcurrency", "ToleratedFailurePercentage",
  "ItemReader", "ItemBatcher", "ResultWriter", "ProcessorConfig", "HeartbeatSeconds", "Error", "Cause", "Credentials"];
const values = ["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map", "JSONata", "JSONPath", "States.ALL", "States.TaskFailed", "States.Timeout", "States.Permissions", "INLINE", "DISTRIBUTED", "FULL", "NONE",
  "arn:aws:states:::ecs:runTask.sync", "arn:aws:states:::ecs:runTask", "arn:aws:states:::sns:publish", "arn:aws:states:::sqs:sendMessage", "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "arn:aws:states:::lambda:invoke",
  "arn:aws:states:::events:putEvents", "arn:aws:states:::states:startExecution", "arn:aws:states:::states:startExecution.sync:2", "arn:aws:states:::dynamodb:putItem", "arn:aws:states:::dynamodb:getItem", "arn:aws:states:::http:invoke"];

export function completeAsl(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/"[\w.:-]*/);
  if (!word) return null;
  const before = context.state.doc.sliceString(Math.max(0, word.from - 40), word.from);
  const isValue = /:\s*(\[\s*)?$/.test(before);
  const after = context.state.doc.sliceString(context.pos, context.pos + 1) === '"' ? "" : '"';
  return { from: word.from + 1, options: (isValue ? values : members).map((label) => ({ label, apply: label + after, type: isValue ? "enum" : "property" })), validFor: /^[\w.:-]*$/ };
}
