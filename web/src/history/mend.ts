// What to do about an error of an execution: by its name, and by what its cause tells. Nothing is guessed where neither is known.

export interface Hint {
  text: string;
  /** A page of this console that tells more. */
  page?: "decisions" | "edit";
}

const byName: Record<string, Hint> = {
  "States.NoChoiceMatched": { text: "None of the Choice's rules fits its input. Give it a Default, or a rule for this input.", page: "edit" },
  "States.Timeout": { text: "It took longer than TimeoutSeconds allow. Allow more, or retry States.Timeout." },
  "States.HeartbeatTimeout": { text: "No heartbeat came within HeartbeatSeconds. The worker has to send SendTaskHeartbeat more often, or the time has to be longer." },
  "States.DataLimitExceeded": { text: "A payload is larger than 256 KiB. Keep the data elsewhere (S3, a queue) and hand on where it lies, or take less of it with ResultSelector or Output." },
  "States.Permissions": { text: "The state machine's role may not do this.", page: "decisions" },
  "States.QueryEvaluationError": { text: "A JSONata expression does not fit the data. Test the state with this input in the Studio.", page: "edit" },
  "States.ParameterPathFailure": { text: "A path of Parameters leads to nothing in the input. Test the state with this input in the Studio.", page: "edit" },
  "States.ResultPathMatchFailure": { text: "ResultPath can't be put into this input: what it goes through is no object.", page: "edit" },
  "States.IntrinsicFailure": { text: "An intrinsic function was given what it can't take. Test the state with this input in the Studio.", page: "edit" },
  "States.ExceedToleratedFailureThreshold": { text: "More items failed than the Map tolerates. Its Map Run lists them; raise ToleratedFailureCount or ToleratedFailurePercentage where that is right." },
  "States.ItemReaderFailed": { text: "The items could not be read. Look whether the ItemReader's bucket and key are there, and have the form that ReaderConfig names." },
  "States.ResultWriterFailed": { text: "The results could not be written. Look whether the ResultWriter's bucket is there." },
};

const byCause: Array<[RegExp, Hint]> = [
  [/does not point to a next state/, byName["States.NoChoiceMatched"]],
  [/evaluating the intrinsic function/, byName["States.IntrinsicFailure"]],
  [/is not part of this server/, { text: "This server does not have that integration; its documentation lists those that it has." }],
  [/not authorized to perform|AccessDenied/i, { text: "A policy does not allow it: Access decisions names the statement, or the permission that is missing.", page: "decisions" }],
  [/CannotPullContainerError/, { text: "The task's image could not be pulled. Bring it to this server with `gantry image import`, or name another one in the task definition." }],
  [/OutOfMemory/i, { text: "The container needed more memory than its task definition gives it." }],
  [/exit ?code"?:? ?(137)\b/i, { text: "The container was killed (137 is signal 9): by a stop, or for want of memory." }],
  [/"ExitCode":\s?[1-9]|[Ee]ssential container in task exited/, { text: "The container ended with an error of its own: its last words are under Container." }],
  [/invalid (path|JSONPath)|could not be found in the input|JSONPath '/i, { text: "A path does not fit the input. Test the state with this input in the Studio.", page: "edit" }],
  [/does not exist|NonExistent|NotFound|not found/i, { text: "What the task calls is not there: look at the name in its parameters, and whether its stack is deployed." }],
  [/Throttl|TooManyRequests|Rate exceeded/i, { text: "The service was asked too often. Retry this error with a BackoffRate." }],
];

export function mend(error: string | undefined, cause: string | undefined): Hint | undefined {
  if (error === undefined && cause === undefined) return undefined;
  const named = error !== undefined && Object.hasOwn(byName, error) ? byName[error] : undefined;
  // A cause can be long; what it says about the reason is near its beginning or in a field of that name.
  const told = `${error ?? ""} ${(cause ?? "").slice(0, 20_000)}`;
  return named ?? byCause.find(([pattern]) => pattern.test(told))?.[1];
}
