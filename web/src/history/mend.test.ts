import { expect, test } from "vitest";
import { mend } from "./mend";

test("an error that is known says what to do about it", () => {
  expect(mend("States.NoChoiceMatched", undefined)?.text).toMatch(/Default/);
  expect(mend("States.Runtime", "Failed to transition out of the state. The state does not point to a next state.")?.text).toMatch(/Default/);
  expect(mend("States.Runtime", "Invalid path '$.n': The choice state's condition path references an invalid value.")?.page).toBe("edit");
  expect(mend("States.DataLimitExceeded", "x")?.text).toMatch(/256 KiB/);
  expect(mend("Sqs.SqsException", "User: x is not authorized to perform: sqs:SendMessage on resource: y")?.page).toBe("decisions");
  expect(mend("States.TaskFailed", '{"StoppedReason":"CannotPullContainerError: pull image manifest"}')?.text).toMatch(/gantry image/);
  expect(mend("States.TaskFailed", '{"Containers":[{"ExitCode":3}],"StoppedReason":"Essential container in task exited"}')?.text).toMatch(/Container/);
  expect(mend("QueueDoesNotExistException", "The specified queue does not exist.")?.text).toMatch(/parameters/);
});

test("nothing is said about what is not known, nor by a name that all objects have", () => {
  expect(mend("MyOwnError", "the word is bad")).toBeUndefined();
  expect(mend("constructor", undefined)).toBeUndefined();
  expect(mend(undefined, undefined)).toBeUndefined();
});
