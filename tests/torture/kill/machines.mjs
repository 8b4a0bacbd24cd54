// Machines that change under load (definitions, versions, an alias), and executions that are stopped and redriven: cells as well.
import { sfn } from "../lib/aws.mjs";
import { Cell } from "../lib/cells.mjs";

const definition = (k) => JSON.stringify({ StartAt: "P", States: { P: { Type: "Pass", Result: { k }, End: true } } });
const number = (arn) => Number(arn.split(":").at(-1));

// One machine, which is updated and published; its alias moves on; executions start by its versions.
export async function changingMachine({ states, roleArn, ledger, random }) {
  const { stateMachineArn, stateMachineVersionArn } = await states.send(new sfn.CreateStateMachineCommand({ name: "changing", definition: definition(0), roleArn, publish: true }));
  const { stateMachineAliasArn } = await states.send(new sfn.CreateStateMachineAliasCommand({ name: "live", routingConfiguration: [{ stateMachineVersionArn, weight: 100 }] }));
  const result = async (arn) => JSON.parse((await states.send(new sfn.DescribeStateMachineCommand({ stateMachineArn: arn }))).definition).States.P.Result.k;
  const read = async () => {
    const listed = (await states.send(new sfn.ListStateMachineVersionsCommand({ stateMachineArn }))).stateMachineVersions.map((one) => one.stateMachineVersionArn);
    const versions = {};
    for (const arn of listed) versions[number(arn)] = await result(arn);
    const { routingConfiguration } = await states.send(new sfn.DescribeStateMachineAliasCommand({ stateMachineAliasArn }));
    return { current: await result(stateMachineArn), versions, alias: number(routingConfiguration[0].stateMachineVersionArn) };
  };
  const cell = new Cell("a machine's definition, versions and alias", { current: 0, versions: { 1: 0 }, alias: 1 }, read);
  let k = 0;
  const change = async () => {
    if (!cell.known) await cell.check();
    const [{ versions, alias, current }] = cell.possible;
    const numbers = Object.keys(versions).map(Number);
    const oldest = Math.min(...numbers), newest = Math.max(...numbers);
    const arn = (version) => `${stateMachineArn}:${version}`;
    const start = async (by, gives) => {
      const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: by, input: "{}" }));
      ledger.acknowledged(executionArn, "changing", JSON.stringify({ k: gives }));
    };
    // The older ones go: the listing is one page, and reading it does not grow.
    const many = numbers.length > 8;
    switch (many ? (oldest === alias ? 2 : 3) : random.below(6)) {
      case 0:
        k = Math.max(k, current) + 1;
        return cell.write(() => states.send(new sfn.UpdateStateMachineCommand({ stateMachineArn, definition: definition(k) })), (was) => ({ ...was, current: k }));
      case 1: {
        k = Math.max(k, current) + 1;
        return cell.write(() => states.send(new sfn.UpdateStateMachineCommand({ stateMachineArn, definition: definition(k), publish: true })),
          (was) => ({ ...was, current: k, versions: { ...was.versions, [newest + 1]: k } }));
      }
      case 2:
        return cell.write(() => states.send(new sfn.UpdateStateMachineAliasCommand({ stateMachineAliasArn, routingConfiguration: [{ stateMachineVersionArn: arn(newest), weight: 100 }] })),
          (was) => ({ ...was, alias: newest }));
      case 3:
        if (numbers.length < 4 || oldest === alias) return start(arn(oldest), versions[oldest]);
        return cell.write(() => states.send(new sfn.DeleteStateMachineVersionCommand({ stateMachineVersionArn: arn(oldest) })),
          (was) => ({ ...was, versions: Object.fromEntries(Object.entries(was.versions).filter(([version]) => Number(version) !== oldest)) }));
      case 4: return start(stateMachineAliasArn, versions[alias]);
      default: return start(stateMachineArn, current);
    }
  };
  return { cell, change };
}

// An execution that would wait for an hour: it is stopped, redriven, stopped again.
export async function steeredExecution({ states, machineArn, ledger, name, random }) {
  const { executionArn } = await states.send(new sfn.StartExecutionCommand({ stateMachineArn: machineArn, name, input: "{}" }));
  ledger.acknowledged(executionArn, "steered");
  ledger.unsettled.delete(executionArn);
  const read = async () => {
    const { status, error = "", redriveCount } = await states.send(new sfn.DescribeExecutionCommand({ executionArn }));
    return { status, error, redrives: redriveCount };
  };
  const cell = new Cell(executionArn, { status: "RUNNING", error: "", redrives: 0 }, read);
  let n = 0;
  const change = async () => {
    if (!cell.known) await cell.check();
    if (random.below(4) === 0) await ledger.read(states, executionArn);
    if (cell.possible[0].status === "RUNNING") {
      const error = `Stop${++n}`;
      return cell.write(() => states.send(new sfn.StopExecutionCommand({ executionArn, error, cause: "by its client" })), (was) => ({ ...was, status: "ABORTED", error }));
    }
    return cell.write(() => states.send(new sfn.RedriveExecutionCommand({ executionArn })), (was) => ({ status: "RUNNING", error: "", redrives: was.redrives + 1 }));
  };
  return { cell, change };
}
