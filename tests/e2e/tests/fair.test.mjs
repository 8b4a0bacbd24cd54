// Accounts share a server: whoever has much to do keeps nobody else waiting (issue 4, 5). Told by what ends before what, not by times.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CreateStateMachineCommand, DescribeExecutionCommand, ListExecutionsCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { sanitized } from '../lib/footprint.mjs';
import { Server } from '../lib/server.mjs';

let server;
before(async () => { server = await Server.start(); });
after(() => server?.stop());

const client = (account) => new SFNClient(server.client({ accessKeyId: account, secretAccessKey: 'x' }));
const machine = async (of, account, name, definition) =>
  (await of.send(new CreateStateMachineCommand({ name, roleArn: `arn:aws:iam::${account}:role/r`, definition: JSON.stringify(definition) }))).stateMachineArn;
const pass = { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } };
// So many rounds of some work.
const rounds = (n) => ({
  QueryLanguage: 'JSONata',
  StartAt: 'A',
  States: {
    A: { Type: 'Pass', Output: "{% {'n': $states.input.n + 1, 's': $sum([1..5000].($ * 2))} %}", Next: 'C' },
    C: { Type: 'Choice', Choices: [{ Condition: `{% $states.input.n < ${n} %}`, Next: 'A' }], Default: 'E' },
    E: { Type: 'Succeed' },
  },
});

// Minutes of work for a sanitized server; overload.test.mjs has turns of less.
test("another account's small execution ends before the pile of heavy ones", { skip: sanitized }, async () => {
  const [heavy, light] = [client('111111111111'), client('222222222222')];
  const big = await machine(heavy, '111111111111', 'big', rounds(300));
  const small = await machine(light, '222222222222', 'small', pass);
  const count = 25;
  await Promise.all(Array.from({ length: count }, () => heavy.send(new StartExecutionCommand({ stateMachineArn: big, input: '{"n":0}' }))));
  const { executionArn } = await light.send(new StartExecutionCommand({ stateMachineArn: small }));
  while ((await light.send(new DescribeExecutionCommand({ executionArn }))).status === 'RUNNING');
  const ended = async () => (await heavy.send(new ListExecutionsCommand({ stateMachineArn: big, statusFilter: 'SUCCEEDED' }))).executions.length;
  const then = await ended();
  assert.ok(then < count, `all ${count} heavy executions had ended before`);
  // And they all go on to their end.
  const until = Date.now() + 300_000;
  while ((await ended()) < count && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await ended(), count);
});
