// Stock clients, out of the end-to-end tests' packages; each call is one attempt with a bound on its time.
import { createRequire } from "node:module";

const require = createRequire(new URL("../../e2e/package.json", import.meta.url));
export const sfn = require("@aws-sdk/client-sfn");
export const sqs = require("@aws-sdk/client-sqs");
export const ecs = require("@aws-sdk/client-ecs");
export const ec2 = require("@aws-sdk/client-ec2");

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
export const unanswered = (error) => error.$metadata?.httpStatusCode === undefined;
