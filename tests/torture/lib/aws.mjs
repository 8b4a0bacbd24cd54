// Stock clients, out of the end-to-end tests' packages; each call is one attempt with a bound on its time.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../e2e/package.json", import.meta.url));
export const sfn = require("@aws-sdk/client-sfn");
export const sqs = require("@aws-sdk/client-sqs");
export const ecs = require("@aws-sdk/client-ecs");
export const ec2 = require("@aws-sdk/client-ec2");
export const sns = require("@aws-sdk/client-sns");
export const eventbridge = require("@aws-sdk/client-eventbridge");
export const iam = require("@aws-sdk/client-iam");
export const logs = require("@aws-sdk/client-cloudwatch-logs");
export const cloudwatch = require("@aws-sdk/client-cloudwatch");

export function client(Client, server, more = {}) {
  return new Client({ ...server.client(), requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true }, ...more });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function history(states, executionArn) {
  const events = [];
  let nextToken;
  do {
    const page = await states.send(new sfn.GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken }));
    events.push(...page.events);
    nextToken = page.nextToken;
  } while (nextToken);
  return events.map((event) => JSON.stringify(event));
}

// What SDKs try again: a throttling code, a status that means "later", or no answer at all.
const throttling = new Set(["ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException", "ServiceUnavailable", "ServiceUnavailableException"]);
export const retryable = (error) => throttling.has(error.name) || [502, 503, 504].includes(error.$metadata?.httpStatusCode);
// Nobody knows whether it was done. (A broken promise has no status either, and is none of these.)
const lost = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE"]);
export const unanswered = (error) =>
  error.$metadata?.httpStatusCode === undefined && (lost.has(error.code) || ["TimeoutError", "AbortError"].includes(error.name) || /socket hang up|aborted/.test(error.message));

// One call: { value }, or { unknown } when there was no answer, or { refused } when it is to be tried later; every other error is thrown.
export async function attempt(ask) {
  try {
    return { value: await ask() };
  } catch (error) {
    if (unanswered(error)) return { unknown: true };
    if (retryable(error)) return { refused: error };
    throw error;
  }
}
