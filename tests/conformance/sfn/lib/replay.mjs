// Replays one case over the wire and gathers what came back under the case's keys.
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { Comparison } from "./compare.mjs";
import { dumps, ExactNumber } from "./standins.mjs";

const require = createRequire(import.meta.url);
const json10 = { stepfunctions: ["AWSStepFunctions", "1.0"], dynamodb: ["DynamoDB_20120810", "1.0"], sqs: ["AmazonSQS", "1.0"], logs: ["Logs_20140328", "1.1"], events: ["AWSEvents", "1.1"] };
const signingName = { stepfunctions: "states" };
const ended = (status) => ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"].includes(status);
const lastIsTheEnd = (events) => /^Execution(Succeeded|Failed|Aborted|TimedOut)$/.test(events?.at(-1)?.type ?? "");
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export class Replay {
  constructor(world, one, index) {
    this.world = world;
    this.one = one;
    // Each case has an account to itself.
    this.account = String(100000000000 + index);
    this.region = "us-east-1";
    this.answers = new Map();
    this.results = {};
    this.unsupported = [];
  }

  async run() {
    for (const [i, f] of this.one.lambda_functions.entries()) {
      const name = f.name ?? f.create?.FunctionName ?? `function-${this.account}-${i + 1}`;
      this.world.functions.define(name, f);
      (this.lambdas ??= []).push(`arn:aws:lambda:${this.region}:${this.account}:function:${name}`);
    }
    for (const call of this.one.calls) {
      const answer = await this.call(call);
      this.answers.set(call.n, answer);
      for (const key of call.matched ?? []) this.results[key] = answer;
    }
    return this.compare();
  }

  // --- references: {{3.executionArn}}, {{role:1}}, {{lambda:1}}, {{account}} ---
  reference(text) {
    if (text === "account") return this.account;
    if (text === "region") return this.region;
    // An API's endpoint is the stand-in's, else there is only the server.
    if (text === "endpoint") return this.one.calls.some((c) => c.service === "apigateway") ? this.world.functions.url : this.world.url;
    let match = /^role:(\d+)$/.exec(text);
    if (match) return `arn:aws:iam::${this.one.roles[match[1] - 1]?.account ? this.other() : this.account}:role/role-${match[1]}`;
    match = /^lambda:(\d+)$/.exec(text);
    if (match) return this.lambdas?.[match[1] - 1] ?? `arn:aws:lambda:${this.region}:${this.account}:function:none`;
    match = /^(\d+)\.?(.*)$/s.exec(text);
    if (!match) return `{{${text}}}`;
    let at = this.answers.get(Number(match[1]));
    for (const [n, part] of match[2].split("#").entries()) {
      if (n > 0) at = JSON.parse(at);
      for (const step of part.match(/[^.[\]]+/g) ?? []) at = at?.[/^\d+$/.test(step) && Array.isArray(at) ? Number(step) : step];
    }
    return at;
  }
  other() {
    return String(Number(this.account) + 500000000000);
  }
  filled(value) {
    if (typeof value === "string") {
      const whole = /^\{\{([^{}]+)\}\}$/.exec(value);
      if (whole) return this.reference(whole[1]);
      return value.replace(/\{\{([^{}]+)\}\}/g, (_, r) => this.reference(r));
    }
    if (Array.isArray(value)) return value.map((v) => this.filled(v));
    if (value && typeof value === "object") {
      if ("$number" in value) return new ExactNumber(value.$number);
      if ("$json" in value) return dumps(this.filled(value.$json));
      if ("$base64" in value) return Buffer.from(value.$base64, "base64");
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.filled(v)]));
    }
    return value;
  }

  // --- calls ---
  async call(call) {
    const params = this.filled(call.params);
    // A token that the stub made up stands for the one of the page before.
    if (/^t\d+$/.test(params.nextToken ?? "")) {
      const before = this.one.calls.filter((c) => c.n < call.n && c.operation === call.operation).at(-1);
      params.nextToken = this.answers.get(before?.n)?.nextToken;
    }
    const account = call.account ? this.other() : this.account;
    const again = call.polled;
    const deadline = Date.now() + this.world.caseSeconds * 1000;
    const gathered = [];
    for (;;) {
      const answer = await this.once(call, params, account);
      if (again && call.operation === "ReceiveMessage") {
        gathered.push(...(answer.Messages ?? []));
        if (gathered.length) answer.Messages = [...gathered];
      }
      if (call.operation === "CreateTable") await pause(300);
      if (call.operation === "DescribeStacks") this.inTemplateOrder(answer);
      if (call.operation === "DescribeStacks" && !this.settled(call, answer) && Date.now() < deadline) {
        await pause(30);
        continue;
      }
      if (!again || answer.Error || this.settled(call, answer) || Date.now() > deadline) return answer;
      if (call.operation === "GetExecutionHistory") await this.answerToken(answer.events);
      await pause(30);
    }
  }
  // A test's own worker is not among the calls: it hears of a task's token by SNS and answers with nothing.
  async answerToken(events) {
    if (events?.at(-1)?.type !== "TaskSubmitted" || events.at(-1).taskSubmittedEventDetails.resourceType !== "sns") return;
    if (this.one.calls.some((c) => c.operation.startsWith("SendTask"))) return;
    const queue = this.one.calls.find((c) => c.operation === "CreateQueue");
    if (!queue) return;
    const receive = { QueueUrl: this.answers.get(queue.n).QueueUrl, VisibilityTimeout: 0 };
    const { Messages } = await this.once({ service: "sqs", operation: "ReceiveMessage" }, receive, this.account);
    const token = /TaskToken\\*": ?\\*"([^"\\]+)/.exec(Messages?.[0]?.Body ?? "")?.[1];
    if (token) await this.once({ service: "stepfunctions", operation: "SendTaskSuccess" }, { taskToken: token, output: "{}" }, this.account);
  }
  // CloudFormation's outputs have no order; the calls were recorded with the template's.
  inTemplateOrder(answer) {
    const template = this.one.calls.find((c) => c.operation === "CreateStack")?.params.TemplateBody ?? "";
    const outputs = String(template).split(/^Outputs:/m)[1] ?? "";
    for (const stack of answer.Stacks ?? []) stack.Outputs?.sort((a, b) => outputs.indexOf(`\n  ${a.OutputKey}:`) - outputs.indexOf(`\n  ${b.OutputKey}:`));
  }
  settled(call, answer) {
    if (call.operation === "GetExecutionHistory") return lastIsTheEnd(call.params.reverseOrder ? [answer.events?.[0]] : answer.events);
    if (call.operation === "DescribeExecution") return ended(answer.status);
    if (call.operation === "DescribeStacks") return !answer.Stacks?.[0]?.StackStatus?.endsWith("_IN_PROGRESS");
    if (call.operation === "ReceiveMessage") {
      const { messages, stepfunctions_events } = this.one.expected;
      return (answer.Messages?.length ?? 0) >= Math.max(1, messages?.length ?? 0, stepfunctions_events?.length ?? 0);
    }
    if (call.operation === "DescribeLogStreams") return (answer.logStreams?.length ?? 0) > 0;
    if (call.operation === "ListExecutions") return (answer.executions?.length ?? 0) > 0 && answer.executions.every((e) => ended(e.status));
    return true;
  }
  async once(call, params, account) {
    if (call.service === "s3") return this.s3(call.operation, params);
    if (call.service === "apigateway") return this.world.functions.api(call.operation, params);
    if (call.service === "sns" || call.service === "cloudformation") return this.sdk(call, params, account);
    if (!json10[call.service]) {
      this.unsupported.push(`${call.service}:${call.operation}`);
      return {};
    }
    const [target, version] = json10[call.service];
    const url = call.service === "dynamodb" ? this.world.dynamo : this.world.url;
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": `application/x-amz-json-${version}`,
        "x-amz-date": new Date().toISOString().replace(/[-:]|\.\d+/g, ""),
        "x-amz-target": `${target}.${call.operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/${this.region}/${signingName[call.service] ?? call.service}/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(params),
      signal: AbortSignal.timeout(70_000),
    });
    const body = await response.text();
    let answer = body ? JSON.parse(body) : {};
    if (!response.ok) {
      const message = answer.message ?? answer.Message ?? "";
      const { __type, message: m1, Message: m2, ...more } = answer;
      const code = String(__type ?? response.headers.get("x-amzn-errortype") ?? "").split("#").at(-1).split(":")[0];
      answer = { Error: { Code: code, Message: message }, ...more };
      if (m1 !== undefined) answer.message = m1;
    }
    answer.ResponseMetadata = { HTTPHeaders: {}, HTTPStatusCode: response.status };
    return answer;
  }
  s3(operation, params) {
    if (operation === "PutObject") this.world.buckets.put(params.Bucket, params.Key, params.Body ?? "");
    if (operation === "CreateBucket" && !this.world.buckets.buckets.has(params.Bucket)) this.world.buckets.buckets.set(params.Bucket, new Map());
    if (operation === "GetObject") {
      const found = this.world.buckets.get(params.Bucket, params.Key);
      if (!found) return { Error: { Code: "NoSuchKey" } };
      const shown = { AcceptRanges: "bytes", Body: found.body.toString("utf8"), ContentLength: found.body.length, ContentType: found.type, ETag: found.etag, LastModified: found.at.toISOString(), Metadata: {}, ServerSideEncryption: "AES256" };
      if (found.checksum) Object.assign(shown, { ChecksumCRC32: found.checksum, ChecksumType: "FULL_OBJECT" });
      return { ...shown, ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: 200 } };
    }
    return {};
  }
  async sdk(call, params, account) {
    const name = call.service === "sns" ? "SNS" : "CloudFormation";
    const sdk = require(`@aws-sdk/client-${call.service}`);
    const client = new sdk[`${name}Client`]({ endpoint: this.world.url, region: this.region, credentials: { accessKeyId: account, secretAccessKey: "x" }, maxAttempts: 1 });
    try {
      const { $metadata, ...answer } = await client.send(new sdk[`${call.operation}Command`](params));
      return { ...answer, ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: $metadata.httpStatusCode } };
    } catch (e) {
      return { Error: { Code: e.name, Message: e.message }, message: e.message, ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: e.$metadata?.httpStatusCode } };
    }
  }

  // --- keys that the test builds itself of answers ---
  built(key, expected) {
    const calls = this.one.calls;
    const of = (operation) => calls.filter((c) => c.operation === operation);
    if (expected && typeof expected === "object" && "exception_typename" in expected) {
      const [, operation] = /when calling the (\w+) operation/.exec(expected.exception_value) ?? [];
      const failed = calls.filter((c) => this.answers.get(c.n)?.Error && (!operation || c.operation === operation));
      for (const call of failed) {
        const error = this.answers.get(call.n).Error;
        const shown = { exception_typename: error.Code, exception_value: `An error occurred (${error.Code}) when calling the ${call.operation} operation: ${error.Message}` };
        if (failed.length === 1 || shown.exception_value === expected.exception_value) return shown;
      }
      return undefined;
    }
    if (typeof expected === "string" && expected.startsWith("An error occurred (")) {
      const operation = /when calling the (\w+) operation/.exec(expected)?.[1];
      const error = of(operation).map((c) => this.answers.get(c.n)?.Error).filter(Boolean).at(-1);
      return error && `An error occurred (${error.Code}) when calling the ${operation} operation: ${error.Message}`;
    }
    const page = /^list-state-machines-page-(\d+)$/.exec(key)?.[1];
    if (page) {
      // The recorded pages were cut otherwise than the calls seen against a stub.
      const all = this.answers.get(of("ListStateMachines")[0]?.n)?.stateMachines;
      return page === "1" ? all?.slice(0, expected.length) : all?.slice(-expected.length);
    }
    if (key.startsWith("get_execution_history")) return this.answers.get(of("GetExecutionHistory").at(-1)?.n);
    const numbered = /^execution_history_(\d+)$/.exec(key);
    if (numbered) return this.answers.get(of("GetExecutionHistory").filter((c) => c.polled)[numbered[1]]?.n);
    if (key === "messages" || key === "stepfunctions_events") {
      const bodies = of("ReceiveMessage").flatMap((c) => this.answers.get(c.n)?.Messages ?? []).map((m) => JSON.parse(m.Body));
      return bodies.length ? bodies : undefined;
    }
    if (key === "cases") {
      const starts = of("StartExecution");
      return starts.map((c) => {
        const arn = this.answers.get(c.n).executionArn;
        const history = calls.find((h) => h.operation === "GetExecutionHistory" && this.filled(h.params).executionArn === arn && this.answers.get(h.n));
        const end = this.answers.get(history?.n)?.events?.at(-1);
        return { input: JSON.parse(this.filled(c.params).input), output: JSON.parse(end?.executionSucceededEventDetails?.output ?? "null") };
      });
    }
    return undefined;
  }

  compare() {
    const { one } = this;
    const words = one.replacements.flatMap((r) => (r.by ? [r.by] : []));
    const differences = [];
    const comparison = new Comparison(words, { account: this.account, region: this.region });
    const checked = [];
    const skipped = [];
    for (const key of one.sequence.matches ?? Object.keys(one.expected)) {
      const expected = one.expected[key];
      if (expected === undefined) continue;
      if (one.sequence.not_reached?.includes(key)) {
        skipped.push(key);
        continue;
      }
      // What the client library itself refuses never reaches a server.
      const clientSide = JSON.stringify(expected).includes("Parameter validation failed:");
      let got = key in this.results ? this.results[key] : this.built(key, expected);
      if (clientSide || got === undefined) {
        skipped.push(key);
        continue;
      }
      got = this.replaced(got);
      if (one.replacements.some((r) => r.kind === "SfnNoneRecursiveParallelTransformer")) sortParallel(got);
      if (one.replacements.some((r) => r.kind === "_SfnSortVariableReferences") && got.variableReferences) {
        got.variableReferences = Object.fromEntries(Object.entries(got.variableReferences).sort().map(([k, v]) => [k, [...v].sort()]));
      }
      if (expected && typeof expected === "object" && !("ResponseMetadata" in expected) && got && typeof got === "object") delete got.ResponseMetadata;
      if (expected?.ResponseMetadata?.HTTPHeaders && got?.ResponseMetadata) got.ResponseMetadata.HTTPHeaders = expected.ResponseMetadata.HTTPHeaders;
      comparison.differences = [];
      comparison.compare(expected, got);
      checked.push(key);
      for (const d of comparison.differences) {
        // An answer with a time in it is as long as the digits of its milliseconds: of a whole second there are none, and no point.
        const shorter = /Content-Length(\[0\])?$/.test(d.path) ? Number(d.expected) - Number(d.got) : NaN;
        if (shorter > 0 && shorter <= 4 && JSON.stringify(expected).includes('"StartDate"')) continue;
        differences.push({ key, ...d });
      }
    }
    return { id: one.id, differences, checked, skipped, unsupported: this.unsupported };
  }

  // What the recording does to all values. Its own replacements are words that match any text (compare.mjs).
  replaced(value) {
    return new Comparison([], { account: this.account, region: this.region }).normal(value);
  }
}

// Between ParallelStateStarted and the end of that state the order is nobody's.
function sortParallel(answer) {
  const events = answer?.events;
  if (!events) return;
  let begin = -1;
  for (let i = 0; i < events.length; ++i) {
    if (events[i].type === "ParallelStateStarted") {
      // One that begins anew (Retry): the recording left the events before it in their order.
      for (let j = begin; begin >= 0 && j < i; ++j) events[j] = { ...events[j], id: [0], previousEventId: 0 };
      begin = i + 1;
    }
    if (/^ParallelState(Succeeded|Aborted|Exited|Failed)$/.test(events[i].type) && begin >= 0) {
      const inner = events.slice(begin, i).map((e) => ({ ...e, id: [0], previousEventId: 0 }));
      inner.sort((a, b) => (stable(a) < stable(b) ? -1 : 1));
      // The recording put what it sorted in the place of all up to the Exited that follows at once: of
      // Succeeded and Exited only the latter was left.
      const until = events[i + 1]?.type === "ParallelStateExited" ? i + 1 : i;
      events.splice(begin, until - begin, ...inner);
      i = begin + inner.length;
      begin = -1;
    }
  }
}
const stable = (v) => JSON.stringify(v, (_, x) => (x && typeof x === "object" && !Array.isArray(x) ? Object.fromEntries(Object.entries(x).sort()) : x));
