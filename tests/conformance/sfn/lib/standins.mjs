// What the cases need beside Step Functions: functions that behave as the case describes, an S3 and a DynamoDB.
import { createServer } from "node:http";
import { createHash, randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const listen = (server) => new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(`http://127.0.0.1:${server.address().port}`)));
const bodyOf = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};

// --- Lambda: Invoke alone ---

// The account that an access key of AWS's form carries: 40 bits behind the four letters of its kind, of which one is no part of it.
function accountOf(key = "") {
  if (/^\d{12}$/.test(key)) return key;
  if (!/^A[SK]IA[A-Z2-7]{16}$/.test(key)) return undefined;
  let bits = 0n;
  for (const letter of key.slice(4, 14)) bits = (bits << 5n) | BigInt("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter));
  return String((bits >> 9n) & 0xffffffffffn).padStart(12, "0");
}

export class Functions {
  constructor() {
    this.byName = new Map();
    this.parts = new Map(); // of an API: the path of its resource
    this.apis = new Map(); // by the API's address
    this.server = createServer((request, response) => this.serve(request, response).catch((e) => response.writeHead(500).end(String(e))));
  }
  async start() {
    this.url = await listen(this.server);
  }
  // `described`: {behaviour, observed} of a case. The name is all that tells functions apart.
  define(name, described) {
    this.byName.set(name, described);
  }
  // API Gateway's part: resources whose methods are functions.
  api(operation, params) {
    if (operation === "CreateResource") this.parts.set(params.restApiId, params.pathPart);
    if (operation === "PutIntegration") this.apis.set(`/restapis/${params.restApiId}`, { name: /:function:([^/:]+)/.exec(params.uri)?.[1], path: this.parts.get(params.restApiId) });
    return {};
  }
  async serveApi(request, response) {
    const [, root, , path] = /^(\/restapis\/[^/]+)\/([^/?]+)\/([^?]*)/.exec(request.url) ?? [];
    const api = this.apis.get(root);
    const body = (await bodyOf(request)).toString("utf8");
    if (!api || api.path !== path) return response.writeHead(403, { "content-type": "application/json" }).end('{"message":"Missing Authentication Token"}');
    const { kind, result } = this.byName.get(api.name)?.behaviour ?? {};
    const answer = kind === "constant" ? dumps(result) : dumps(body ? exact(body) : {});
    for (const [name, text] of Object.entries({ Connection: "keep-alive", "Content-Length": Buffer.byteLength(answer), "Content-Type": "application/json", Via: "1.1 standin", "x-amz-apigw-id": "a", "X-Amz-Cf-Id": "c", "X-Amz-Cf-Pop": "p", "x-amzn-RequestId": randomUUID(), "X-Amzn-Trace-Id": "t", "X-Cache": "Miss from cloudfront" })) response.setHeader(name, text);
    response.writeHead(200).end(answer);
  }
  async serve(request, response) {
    if (request.url.startsWith("/restapis/")) return this.serveApi(request, response);
    const match = /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(decodeURIComponent(request.url.split("?")[0]));
    const text = (await bodyOf(request)).toString("utf8");
    const name = match?.[1].split(":function:").at(-1).split(":")[0];
    const described = name && this.byName.get(name);
    if (!described) {
      const account = /arn:aws:lambda:[^:]*:(\d+)/.exec(match?.[1] ?? "")?.[1] ?? accountOf(/Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1]) ?? "000000000000";
      const full = `arn:aws:lambda:us-east-1:${account}:function:${name}:$LATEST`;
      response.writeHead(404, { "content-type": "application/json", "x-amzn-errortype": "ResourceNotFoundException" });
      return response.end(JSON.stringify({ Type: "User", Message: `Function not found: ${full}` }));
    }
    const asynchronous = request.headers["x-amz-invocation-type"] === "Event";
    const { kind, seconds, result, payload, error, text: words } = described.behaviour ?? {};
    if (seconds) await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const headers = { "content-type": "application/json", "x-amz-executed-version": "$LATEST" };
    if (asynchronous) return response.writeHead(202, headers).end();
    const event = text ? exact(text) : {};
    if (request.headers["x-amz-log-type"] === "Tail") headers["x-amz-log-result"] = Buffer.from(`START RequestId: ${randomUUID()}\n`).toString("base64");
    let answer;
    if (kind === "echo") answer = dumps(event);
    else if (kind === "constant") answer = dumps(result);
    else if (kind === "raw") answer = payload ?? "a".repeat(263168);
    else if (kind === "error") {
      headers["x-amz-function-error"] = "Unhandled";
      answer = dumps({ errorMessage: error.errorMessage ?? "", errorType: error.errorType, requestId: randomUUID(), stackTrace: error.stackTrace ?? [] });
    } else {
      const seen = described.observed?.find((o) => JSON.stringify(o.payload) === JSON.stringify(event));
      if (seen) answer = JSON.stringify(seen.answer ?? seen.result);
      else if (words?.includes("input-event-")) answer = JSON.stringify(`input-event-${python(event)}`);
      else answer = JSON.stringify(described.observed?.[0]?.answer ?? null);
    }
    response.writeHead(200, headers).end(answer);
  }
}

// A number whose text matters: 0.0 is not 0.
export class ExactNumber {
  constructor(text) {
    this.text = text;
  }
}
// JSON text with such numbers marked, for JSON.parse.
export const markNumbers = (text) => text.replace(/"(?:[^"\\]|\\.)*"|-?\d+\.0+(?![\d.eE])/g, (token) => (token.startsWith('"') ? token : `{"$number":"${token}"}`));
const exact = (text) => JSON.parse(markNumbers(text), (_, v) => (v && typeof v === "object" && "$number" in v ? new ExactNumber(v.$number) : v));

// JSON as Python's runtime writes it.
export function dumps(value) {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(dumps).join(", ")}]`;
  if (value && typeof value === "object") return `{${Object.entries(value).map(([k, v]) => `${dumps(k)}: ${dumps(v)}`).join(", ")}}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

// Python's str() of a JSON value.
function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([k, v]) => `'${k}': ${python(v)}`).join(", ")}}`;
  return String(value);
}

// --- S3: buckets, objects, listings ---

export class Buckets {
  constructor() {
    this.buckets = new Map();
    this.server = createServer((request, response) => this.serve(request, response).catch((e) => response.writeHead(500).end(String(e))));
  }
  async start() {
    this.url = await listen(this.server);
  }
  put(bucket, key, body, type = "binary/octet-stream", checksum = undefined) {
    if (!this.buckets.has(bucket)) this.buckets.set(bucket, new Map());
    this.buckets.get(bucket).set(key, { body: Buffer.from(body), type, checksum, at: new Date(), etag: `"${createHash("md5").update(body).digest("hex")}"` });
  }
  get(bucket, key) {
    return this.buckets.get(bucket)?.get(key);
  }
  async serve(request, response) {
    const url = new URL(request.url, "http://s3");
    const [bucket, ...rest] = decodeURIComponent(url.pathname.slice(1)).split("/");
    const key = rest.join("/");
    const xml = (status, text) => response.writeHead(status, { "content-type": "application/xml", "x-amz-request-id": randomUUID(), "x-amz-id-2": randomUUID() }).end(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
    const body = await bodyOf(request);
    if (request.method === "PUT" && key) {
      const sum = request.headers["x-amz-checksum-crc32"];
      this.put(bucket, key, body, request.headers["content-type"] ?? undefined, sum);
      return response.writeHead(200, { etag: this.get(bucket, key).etag, "x-amz-server-side-encryption": "AES256", ...(sum && { "x-amz-checksum-crc32": sum, "x-amz-checksum-type": "FULL_OBJECT" }) }).end();
    }
    if (!this.buckets.has(bucket)) return xml(404, `<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message><BucketName>${bucket}</BucketName></Error>`);
    if (request.method === "GET" && key) {
      const object = this.get(bucket, key);
      if (!object) return xml(404, `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>${key}</Key></Error>`);
      return response
        .writeHead(200, { "content-type": object.type, "content-length": object.body.length, etag: object.etag, "last-modified": object.at.toUTCString(), "accept-ranges": "bytes", "x-amz-server-side-encryption": "AES256" })
        .end(object.body);
    }
    if (request.method === "GET") {
      const contents = [...this.buckets.get(bucket)].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, o]) => `<Contents><Key>${k}</Key><LastModified>${o.at.toISOString()}</LastModified><ETag>${o.etag}</ETag><Size>${o.body.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`);
      return xml(200, `<ListBucketResult><Name>${bucket}</Name><KeyCount>${contents.length}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`);
    }
    return xml(400, "<Error><Code>NotImplemented</Code><Message>not here</Message></Error>");
  }
}

// --- Secrets Manager: names that it refuses, and nothing kept ---

export async function startSecrets() {
  const server = createServer(async (request, response) => {
    const operation = request.headers["x-amz-target"]?.split(".").at(-1);
    const params = JSON.parse((await bodyOf(request)).toString("utf8") || "{}");
    const say = (status, value) => response.writeHead(status, { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() }).end(JSON.stringify(value));
    if (operation === "ListSecrets") return say(200, { SecretList: [] });
    if (operation === "CreateSecret" && /[^\w/+=.@!-]/.test(params.Name ?? "")) {
      return say(400, { __type: "ValidationException", message: "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!" });
    }
    return say(400, { __type: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret." });
  });
  return { server, url: await listen(server) };
}

// --- DynamoDB: dynalite ---

export async function startDynamo() {
  const server = createRequire(import.meta.url)("dynalite")({ createTableMs: 0, deleteTableMs: 0 });
  return { server, url: await listen(server) };
}
