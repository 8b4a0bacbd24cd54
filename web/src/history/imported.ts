// Files of an exported execution, from AWS or from here: which is the history, which the definition; and where they can't be
// taken, what to do about it. Pure; what is read is hostile.
import { allStates, parseDefinition } from "../asl/definition";
import { guessDefinition } from "../asl/guess";
import { checkJson } from "../asl/names";
import { normalise, type HistoryEvent } from "./events";

export interface GivenFile {
  name: string;
  text: string;
}

export interface Imported {
  name: string;
  events: HistoryEvent[];
  definition: string;
  guessed: boolean;
  warnings: string[];
}

/** What the longest history can weigh: 25,000 events with payloads of the usual kind. */
export const largestFile = 400e6;
const mostEvents = 100_000;
const again = "aws stepfunctions get-execution-history --execution-arn ARN --output json > history.json";

function parsed({ name, text }: GivenFile): unknown {
  const bad = text.trim() === "" ? "it is empty: the command has told on the terminal why it failed" : checkJson(text);
  if (!bad) return JSON.parse(text);
  const start = text.trimStart().slice(0, 200);
  const other = /^(events:|- |---)/.test(start) ? "YAML" : /^(EVENTS|[-|+]{3})/.test(start) ? "text or a table" : start.startsWith("<") ? "a page of HTML or XML" : undefined;
  throw new Error(other ? `${name} is ${other}, where JSON is needed. Export it with: ${again}` : `${name}: ${bad}. Export it with: ${again}`);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** A definition: itself, or inside what describe-state-machine or this console wrote. */
function definitionIn(document: Record<string, unknown>, file: GivenFile): string | undefined {
  if (document.StartAt !== undefined && isObject(document.States)) return file.text;
  if (typeof document.definition !== "string") return undefined;
  if (!parseDefinition(document.definition)) throw new Error(`${file.name}: its "definition" is not a JSON object`);
  return document.definition;
}

/** Takes an execution out of the files that were chosen: any order, one history in one file or in several pages. */
export function readFiles(files: readonly GivenFile[]): Imported {
  const byId = new Map<number, HistoryEvent>();
  let definition: string | undefined, name = "", more = false;
  const strange: string[] = [];
  for (const file of files) {
    const document = parsed(file);
    const list = Array.isArray(document) ? document : isObject(document) ? document.events : undefined;
    const found = isObject(document) ? definitionIn(document, file) : undefined;
    definition ??= found;
    if (Array.isArray(list)) {
      if (list.length > mostEvents) throw new Error(`${file.name} has ${list.length.toLocaleString("en")} events; a history has at most 25,000`);
      name ||= file.name.replace(/\.json$/i, "");
      if (isObject(document) && (document.nextToken ?? document.NextToken)) more = true;
      list.forEach((raw, i) => {
        let event: HistoryEvent;
        try {
          event = normalise(raw);
        } catch (error) {
          throw new Error(`${file.name}, event number ${i + 1} of the list: ${(error as Error).message}`);
        }
        const before = byId.get(event.id);
        if (before && (before.type !== event.type || before.timestamp !== event.timestamp)) throw new Error(`the files hold two different executions: event ${event.id} is ${before.type} in one and ${event.type} in ${file.name}. Open one after the other, or compare them on their own pages`);
        byId.set(event.id, event);
      });
    } else if (!found) {
      strange.push(isObject(document) && typeof document.executionArn === "string" ? `${file.name} is what describe-execution printed: it has no events` : `${file.name} is neither a history nor a definition: it has no "events" and no "StartAt"`);
    }
  }
  const events = [...byId.values()].sort((a, b) => a.id - b.id);
  if (events.length === 0) throw new Error(`${[...strange, ...(name ? [`${name} has no events in it`] : []), ...(definition ? ["there is a definition, and no history with it"] : [])].join("; ") || "no file was chosen"}. Export the history with: ${again}`);
  const gap = events.findIndex((e, i) => e.id !== i + 1);
  if (gap >= 0) throw new Error(gap === 0 ? `the history begins with event ${events[0].id}: choose the files of all its pages together, or export it without --max-items and --reverse-order` : `the events ${gap + 1} to ${events[gap].id - 1} are missing: choose the files of all its pages together`);
  const warnings = strange.map((s) => `${s}. It was left out.`);
  if (more) warnings.push("The history goes on behind what the file has: export it without --max-items to see all of it.");
  if (definition) {
    const known = allStates(parseDefinition(definition));
    const visited = new Set(events.filter((e) => e.type.endsWith("StateEntered")).map((e) => String(e.details.name)));
    const unknown = [...visited].filter((state) => !known.has(state));
    if (unknown.length > 0) warnings.push(`The definition does not have ${unknown.length === 1 ? "the state" : `${unknown.length} of the states, among them`} ${unknown[0]}: is it that of another version? describe-state-machine-for-execution gives the right one.`);
  }
  return { name: name || "history", events, definition: definition ?? JSON.stringify(guessDefinition(events)), guessed: !definition, warnings };
}
