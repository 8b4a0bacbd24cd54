// The library in a process of its own, so that what it costs can be told apart. { definition, input } sets what { } then runs.
import { StateMachine } from "aws-local-stepfunctions";

let machine, input;
process.on("message", async ({ id, definition, input: given }) => {
  try {
    if (!definition) return process.send({ id, output: await machine.run(input).result });
    machine = new StateMachine(definition, { validationOptions: { checkPaths: false, checkArn: false } });
    input = given;
    process.send({ id });
  } catch (error) {
    process.send({ id, error: error.message });
  }
});
process.send({});
