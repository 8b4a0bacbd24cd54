// What a state's data becomes on its way through the state. The history tells the ends, and of a task its parameters and
// its result; what lies between is computed anew by the server's own interpreter (TestState): the task's answer is given to
// it as a mock, so that nothing is called. Pure: makes the questions, and puts the answers and the history together.
import type { StateDefinition } from "../asl/definition";
import type { Model, Scope, Visit } from "./model";

export type Language = "JSONPath" | "JSONata";

/** What TestState is asked (the members that it has on AWS). */
export interface Question {
  definition: string;
  input: string;
  inspectionLevel: "DEBUG";
  variables?: string;
  context?: string;
  mock?: { result?: string; errorOutput?: { error: string; cause?: string }; fieldValidationMode?: "NONE" };
  stateConfiguration?: { retrierRetryCount?: number };
}

/** What it answers, as far as it is used here. */
export interface Answer {
  status?: string;
  output?: string;
  error?: string;
  cause?: string;
  inspectionData?: Partial<Record<string, unknown>> & { errorDetails?: { catchIndex?: number } };
}

/** The execution that a visit belongs to, for the context object. */
export interface Facts {
  executionArn?: string;
  name?: string;
  roleArn?: string;
  machineArn?: string;
  machineName?: string;
}

export interface Stage {
  label: string;
  /** What the definition says about this stage. */
  field?: string;
  value: string;
  /** Whether the history has it; if not it was computed. */
  told: boolean;
  /** Whether nothing changed since the stage before. */
  same: boolean;
}

const json = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};
const shape = (value: unknown): string => JSON.stringify(value, (_, v: unknown) => (v && typeof v === "object" && !Array.isArray(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v));
/** Whether two texts are the same JSON. */
export const alike = (a: string | undefined, b: string | undefined): boolean => a === b || (a !== undefined && b !== undefined && shape(json(a)) === shape(json(b)));

const around = (visit: Visit): Set<Scope> => {
  const scopes = new Set<Scope>();
  for (let s: Scope | undefined = visit.scope; s; s = s.parent?.scope) scopes.add(s);
  return scopes;
};

/** The variables that a state saw when it was entered, as the text of a JSON object. */
export function variablesBefore(model: Model, visit: Visit): string | undefined {
  const scopes = around(visit);
  const seen = model.visits.filter((v) => v.assigned && v.exited && v.events.at(-1)! < visit.id && scopes.has(v.scope)).sort((a, b) => a.events.at(-1)! - b.events.at(-1)!);
  const held = new Map(seen.flatMap((v) => Object.entries(v.assigned!)));
  return held.size ? `{${[...held].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}` : undefined;
}

/** What a task, or the branches or iterations together, came to; undefined where the history does not tell. */
export function resultOf(model: Model, visit: Visit, state: StateDefinition): string | undefined {
  if (state.Type === "Task") return visit.attempts.at(-1)?.result;
  if ((state.Type !== "Map" && state.Type !== "Parallel") || visit.mapRunArn || !visit.exited) return undefined;
  const first = new Map<Scope, Visit>(), last = new Map<Scope, Visit>();
  for (const v of model.visits) {
    if (v.scope.parent !== visit) continue;
    if (!first.has(v.scope)) first.set(v.scope, v);
    last.set(v.scope, v);
  }
  const length = state.Type === "Parallel" ? (state.Branches?.length ?? 0) : (visit.length ?? visit.scopes.length);
  const texts: Array<string | undefined> = Array.from({ length });
  for (const scope of visit.scopes) {
    // Branches are counted as they are entered; what they start with tells which is which.
    const at = state.Type === "Map" ? scope.index : state.Branches?.findIndex((b, i) => b.StartAt === first.get(scope)?.name && texts[i] === undefined);
    if (at !== undefined && at >= 0 && at < length) texts[at] = last.get(scope)?.output;
  }
  return texts.every((t) => t !== undefined) ? `[${texts.join(",")}]` : undefined;
}

const between = ["InputPath", "Parameters", "ItemsPath", "ItemSelector", "Items", "ResultSelector", "ResultPath", "OutputPath"];
/** Whether anything happens to the data that the history does not tell. */
export const hasMore = (state: StateDefinition, language: Language): boolean =>
  language === "JSONPath" ? between.some((field) => field in state) && state.Type !== "Fail" : state.Type === "Map" && "ItemSelector" in state;

const mentionsContext = (state: StateDefinition) => JSON.stringify(state).includes("$$");

/** The context object as it was, but for the iteration that the state lies in, which TestState takes no part of. */
function contextOf(model: Model, visit: Visit, facts: Facts): string {
  const at = (ms: number) => new Date(ms).toISOString();
  const context = {
    Execution: { Id: facts.executionArn, Input: json(model.input), Name: facts.name, RoleArn: facts.roleArn, StartTime: at(model.startedAt), RedriveCount: model.redrives },
    State: { EnteredTime: at(visit.enteredAt), Name: visit.name, RetryCount: Math.max(0, visit.attempts.length - 1) },
    StateMachine: { Id: facts.machineArn, Name: facts.machineName },
    // The true one is in the parameters that the history tells, which are shown in the place of what is computed.
    Task: { Token: "token" },
  };
  return JSON.stringify(context);
}

/** The question about a visit. `stand` is what stands in for the result of a state that calls nothing. */
export function question(model: Model, visit: Visit, state: StateDefinition, language: Language, facts: Facts, stand?: string): Question {
  const alone: StateDefinition = { ...state, QueryLanguage: language };
  const calls = state.Type === "Task" || state.Type === "Map" || state.Type === "Parallel";
  const asked: Question = { definition: JSON.stringify(alone), input: visit.input ?? "{}", inspectionLevel: "DEBUG", variables: variablesBefore(model, visit) };
  if (!calls && !mentionsContext(state)) return asked;
  asked.context = contextOf(model, visit, facts);
  if (!calls) {
    // TestState takes a context for what calls something alone: a task with the same paths, which calls nothing either.
    const { Result, Choices, Default, Seconds, SecondsPath, Timestamp, TimestampPath, Error: _e, ErrorPath, Cause, CausePath, ...paths } = alone as Record<string, unknown>;
    asked.definition = JSON.stringify({ ...paths, Type: "Task", Resource: "arn:aws:states:::lambda:invoke", ...(paths.Next ? {} : { End: true }) });
    asked.mock = { result: stand ?? "null", fieldValidationMode: "NONE" };
    return asked;
  }
  const failed = visit.error !== undefined && visit.attempts.length > 0;
  if (failed) {
    asked.mock = { errorOutput: { error: visit.error ?? "", cause: visit.cause } };
    asked.stateConfiguration = { retrierRetryCount: visit.status === "running" ? visit.attempts.length - 1 : 1_000 };
  } else {
    const written = state.Type === "Map" && Boolean((state.ResultWriter as { Resource?: unknown } | undefined)?.Resource);
    const nothing = state.Type === "Parallel" ? JSON.stringify(state.Branches?.map(() => null) ?? []) : state.Type === "Map" && !written ? "[]" : "{}";
    asked.mock = { result: resultOf(model, visit, state) ?? nothing, ...(state.Type === "Task" ? { fieldValidationMode: "NONE" as const } : {}) };
  }
  return asked;
}

const shown = (value: unknown): string | undefined => (value === undefined ? undefined : typeof value === "string" ? JSON.stringify(value) : JSON.stringify(value, null, 1));
const kept = (text: unknown): string | undefined => (typeof text === "string" ? text : undefined);

/** The stages, in their order. Where the history tells one, the history's is shown. */
export function stages(model: Model, visit: Visit, state: StateDefinition, language: Language, answer: Answer | undefined): { stages: Stage[]; differs: boolean } {
  const data = answer?.inspectionData ?? {};
  const last = visit.attempts.at(-1);
  const result = resultOf(model, visit, state);
  // What was computed from a result that is not known is not shown.
  const known = state.Type === "Task" || state.Type === "Map" || state.Type === "Parallel" ? result !== undefined : true;
  const out: Stage[] = [];
  const add = (label: string, field: string | undefined, told: string | undefined, computed?: unknown) => {
    const value = told ?? kept(computed);
    if (value === undefined) return;
    out.push({ label, field, value, told: told !== undefined, same: out.length > 0 && alike(out.at(-1)!.value, value) });
  };
  const has = (name: string) => (name in state ? `${name}: ${shown(state[name])}` : undefined);
  add("Input", undefined, visit.input);
  if (language === "JSONPath") {
    if (has("InputPath")) add("After InputPath", has("InputPath"), undefined, data.afterInputPath);
    if (state.Type === "Map") {
      add("After ItemsPath", has("ItemsPath"), undefined, data.afterItemsPath);
      add("After ItemSelector, item by item", has("ItemSelector") ?? has("Parameters"), undefined, data.afterItemSelector);
    } else if (last?.parameters !== undefined || has("Parameters")) add(state.Type === "Task" ? "After Parameters: what the task was given" : "After Parameters", has("Parameters"), last?.parameters, data.afterParameters);
  } else {
    if (state.Type === "Map") add("After ItemSelector, item by item", has("ItemSelector"), undefined, data.afterItemSelector);
    else if (last?.parameters !== undefined || has("Arguments")) add("Arguments: what the task was given", has("Arguments"), last?.parameters, data.afterArguments);
  }
  if (last?.submitted !== undefined) add("Response to the call", undefined, last.submitted);
  if (result !== undefined) add(state.Type === "Task" ? "Task result" : state.Type === "Map" ? "Result: what the iterations came to" : "Result: what the branches came to", undefined, result);
  else if (state.Type === "Pass" && "Result" in state) add("Result", undefined, undefined, JSON.stringify(state.Result));
  const caught = visit.status === "caught";
  if (visit.error !== undefined) add("Error", undefined, JSON.stringify({ Error: visit.error, ...(visit.cause === undefined ? {} : { Cause: visit.cause }) }));
  if (language === "JSONPath" && known && !caught && visit.error === undefined && visit.exited) {
    if (has("ResultSelector")) add("After ResultSelector", has("ResultSelector"), undefined, data.afterResultSelector);
    if (has("ResultPath") || data.afterResultPath !== undefined) add("After ResultPath", has("ResultPath"), undefined, data.afterResultPath);
  }
  const catcher = caught ? state.Catch?.[data.errorDetails?.catchIndex ?? state.Catch.length - 1] : undefined;
  const last_field = catcher ? `Catch: ${shown({ ErrorEquals: catcher.ErrorEquals, ...(catcher.ResultPath !== undefined ? { ResultPath: catcher.ResultPath } : {}), ...(catcher.Output !== undefined ? { Output: catcher.Output } : {}) })}` : language === "JSONPath" ? has("OutputPath") : has("Output");
  add("Output", last_field, visit.output);
  const before = variablesBefore(model, visit);
  if (before !== undefined) out.push({ label: "Variables before", value: before, told: true, same: false });
  if (visit.assigned) out.push({ label: "Variables assigned", field: has("Assign"), value: `{${Object.entries(visit.assigned).map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`, told: true, same: false });
  const differs = known && visit.exited && answer?.output !== undefined && !alike(answer.output, visit.output);
  return { stages: out, differs };
}
