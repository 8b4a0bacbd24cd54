// Where in a definition's text a finding belongs: from "/States/Hello/Next" to offsets.

interface Span {
  from: number;
  to: number;
}

/** The offsets of a member's name, or of an array's element, at a path; undefined when the text has no such place. */
export function find(text: string, path: string[]): Span | undefined {
  let at = 0;
  const space = () => {
    while (/\s/.test(text[at] ?? "")) ++at;
  };
  const string = (): string => {
    const from = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    ++at;
    try {
      return JSON.parse(text.slice(from, at)) as string;
    } catch {
      return "";
    }
  };
  // Passes over one value; when `rest` names what is in it, answers with that one's place.
  const value = (rest: string[] | undefined, named: Span): Span | undefined => {
    space();
    if (rest?.length === 0) return named;
    const open = text[at];
    if (open === "{" || open === "[") {
      ++at;
      for (let index = 0; at < text.length; ++index) {
        space();
        if (text[at] === "}" || text[at] === "]") {
          ++at;
          return undefined;
        }
        const from = at;
        let key = String(index);
        if (open === "{") {
          if (text[at] !== '"') return undefined;
          key = string();
        }
        const span = { from, to: open === "{" ? at : Math.min(text.length, from + 1) };
        space();
        if (open === "{" && text[at] === ":") ++at;
        const found = value(rest && key === rest[0] ? rest.slice(1) : undefined, span);
        if (found) return found;
        space();
        if (text[at] === ",") ++at;
        else if (text[at] !== "}" && text[at] !== "]") return undefined;
      }
      return undefined;
    }
    if (open === '"') string();
    else while (at < text.length && !/[\s,}\]]/.test(text[at])) ++at;
    return undefined;
  };
  return value(path, { from: 0, to: Math.min(1, text.length) });
}

/** The place of a diagnostic of ValidateStateMachineDefinition; its nearest surroundings when it is not there itself. */
export function locate(text: string, location: string | undefined, message = ""): Span {
  const line = /line:?\s*(\d+)/i.exec(`${location ?? ""} ${message}`);
  const path = (location ?? "").replace(/^\//, "").split("/").filter(Boolean).flatMap((part) => [...part.replace(/\[(\d+)\]/g, "\u0000$1").split("\u0000")]).map((p) => p.replaceAll("~1", "/").replaceAll("~0", "~"));
  for (let length = path.length; length > 0; --length) {
    const found = find(text, path.slice(0, length));
    if (found) return found;
  }
  if (line) {
    const lines = text.split("\n"), n = Math.min(Number(line[1]), lines.length) - 1;
    const from = lines.slice(0, n).reduce((sum, l) => sum + l.length + 1, 0);
    return { from, to: from + lines[n].length };
  }
  return { from: 0, to: Math.min(1, text.length) };
}
