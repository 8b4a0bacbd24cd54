// What AWS says about names of state machines, executions and activities.

export interface NameFindings {
  error?: string;
  warning?: string;
}

/** An empty name is fine where the server makes one up. */
export function checkName(name: string, what = "name"): NameFindings {
  if (name === "") return {};
  if ([...name].length > 80) return { error: `The ${what} can have at most 80 characters; this one has ${[...name].length}.` };
  if (/\s/u.test(name)) return { error: `The ${what} can't contain white space.` };
  const bad = /[<>{}[\]?*"#%\\^|~`$&,;:/]/u.exec(name);
  if (bad) return { error: `The ${what} can't contain the character ${bad[0]}.` };
  if (/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/u.test(name)) return { error: `The ${what} can't contain control characters.` };
  if ([...name].some((c) => c.codePointAt(0)! > 0x7e)) {
    return { warning: "Non-ASCII names don't work with Amazon CloudWatch. To be able to track metrics, choose a name that uses only ASCII characters." };
  }
  return {};
}

/** What is wrong with a text that has to be JSON, with its line. */
export function checkJson(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const message = (error as Error).message;
    const at = /position (\d+)/.exec(message);
    if (!at) return `This is not JSON: ${message}`;
    const before = text.slice(0, Number(at[1])).split("\n");
    return `This is not JSON: line ${before.length}, column ${before.at(-1)!.length + 1}`;
  }
}
