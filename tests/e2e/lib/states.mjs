// What the tests of Step Functions' API share: a server in memory, machines made of their states, errors told apart.
import assert from "node:assert/strict";
import { SFNClient, CreateStateMachineCommand, DescribeExecutionCommand, GetExecutionHistoryCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { Server, until } from "./server.mjs";

export const role = "arn:aws:iam::000000000000:role/states";
let count = 0;
export const unique = (what = "m") => `${what}-${process.pid}-${++count}`;

export class World {
  static async start(options = {}) {
    const world = new World();
    world.server = await Server.start({ flags: ["--in-memory", "--runtime", "none"], ...options });
    world.sfn = new SFNClient(world.server.client());
    return world;
  }
  client(Client) {
    return new Client(this.server.client());
  }
  send(command) {
    return this.sfn.send(command);
  }
  async machine(definition, options = {}) {
    const text = typeof definition === "string" ? definition : JSON.stringify(definition);
    const made = await this.send(new CreateStateMachineCommand({ name: unique(), definition: text, roleArn: role, ...options }));
    return made.stateMachineArn;
  }
  async start(stateMachineArn, input = {}, options = {}) {
    return (await this.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input), ...options }))).executionArn;
  }
  describe(executionArn) {
    return this.send(new DescribeExecutionCommand({ executionArn }));
  }
  finished(executionArn, seconds = 30) {
    return until(() => this.describe(executionArn), (e) => e.status !== "RUNNING", { seconds });
  }
  async run(definition, input = {}, options = {}) {
    const arn = await this.start(await this.machine(definition, options), input);
    return this.finished(arn);
  }
  async history(executionArn, options = {}) {
    const events = [];
    let nextToken;
    do {
      const page = await this.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, ...options, nextToken }));
      events.push(...page.events);
      nextToken = page.nextToken;
    } while (nextToken);
    return events;
  }
}

// A machine of these states, begun with the first.
export const states = (all, more = {}) => ({ StartAt: Object.keys(all)[0], States: all, ...more });
export const pass = (more = {}) => ({ Type: "Pass", End: true, ...more });

// The call fails with this error and message (a text or a pattern).
export async function refused(promise, name, message) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    assert.equal(error.name, name, `${error.name}: ${error.message}`);
    assert.ok(error.$metadata.httpStatusCode < 500, "a client's mistake is no fault of the server");
    if (message instanceof RegExp) assert.match(error.message, message);
    else if (message !== undefined) assert.equal(error.message, message);
    return error;
  }
  assert.fail(`expected ${name}, got ${JSON.stringify(answer)}`);
}
