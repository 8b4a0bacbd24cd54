// Strict comparison of an answer with what AWS was recorded to answer (README of the cases, "How the expected
// values were normalised"). Placeholders and the words that the recording put in place of changing values match any
// text, the same one the same text everywhere in a case; everything else must be equal.

// Times as they can be; an hour 25 stays what it is.
const isoTime = /\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-][01]\d:?[0-5]\d)/g;
const placeholder = /<<?[^<>]*>?:\d+>|<[^<>\s][^<>]*>/g;

// Header values that differ from call to call: each stands for itself.
const headers = ["x-amzn-RequestId", "X-Amzn-Trace-Id", "RequestId", "date", "x-amz-crc32", "x-amz-id-2", "x-amz-request-id"];

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

export class Comparison {
  // words: texts by which the recording replaced others.
  constructor(words, { account, region }) {
    this.bound = new Map();
    this.differences = [];
    this.account = account;
    this.region = region;
    const plain = [...new Set(words)].filter((w) => w && !/^<.*>$/.test(w)).sort((a, b) => b.length - a.length);
    const inside = plain.map((w) => `(?<![A-Za-z0-9])${escaped(w)}(?![A-Za-z0-9])`);
    this.wild = new RegExp([...inside, placeholder.source].join("|"), "g");
    this.words = new Set([...words, ...headers]);
  }

  // What the recording did to every value: texts that hold JSON objects are parsed, times and names of place blanked.
  normal(value, inside = false) {
    if (typeof value === "string") {
      if (value.startsWith("{") && !inside) {
        try {
          return this.normal(JSON.parse(value), true);
        } catch {
          // It only looks like JSON.
        }
      }
      return value.replace(isoTime, "date").replaceAll(this.account, "111111111111").replaceAll(this.region, "<region>").replaceAll("arn:aws:", "arn:<partition>:");
    }
    if (Array.isArray(value)) return value.map((v) => this.normal(v, inside));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, this.normal(v, inside)]));
    return value;
  }

  compare(expected, got, path = "") {
    const differ = (what) => this.differences.push({ path: path || "/", ...what });
    // Whatever stands under a key that contains "timestamp" became that word; a time of the wire "datetime".
    if (expected === "timestamp" && got !== undefined) return;
    if (expected === "datetime") {
      const time = typeof got === "number" || got instanceof Date || /\bdate\b/.test(String(got)) || this.words.has(expected);
      return time && got !== undefined ? undefined : differ({ expected, got });
    }
    if (typeof expected === "string" && this.words.has(expected) && got !== undefined) return;
    if (typeof expected === "string" && got !== null && typeof got === "object" && /^\s*[[{]/.test(expected) === false && new RegExp(`^(${this.wild.source})$`).test(expected)) return;
    if (typeof expected === "string" && typeof got === "string") {
      if (!this.text(expected, got)) differ({ expected, got });
      return;
    }
    if (typeof expected === "string" && typeof got === "number" && new RegExp(`^(${this.wild.source})$`).test(expected)) return;
    // A replacement within a text may have left it parsed.
    if (expected && typeof expected === "object" && typeof got === "string" && /^[[{]/.test(got)) {
      try {
        got = this.normal(JSON.parse(got), true);
      } catch {
        // It stays what it is, and differs.
      }
    }
    if (Array.isArray(expected)) {
      if (!Array.isArray(got)) return differ({ expected, got });
      for (let i = 0; i < Math.max(expected.length, got.length); ++i) {
        if (i >= expected.length) differ2(this, `${path}[${i}]`, undefined, got[i]);
        else if (i >= got.length) differ2(this, `${path}[${i}]`, expected[i], undefined);
        else this.compare(expected[i], got[i], `${path}[${i}]`);
      }
      return;
    }
    if (expected && typeof expected === "object") {
      if (!got || typeof got !== "object" || Array.isArray(got)) return differ({ expected, got });
      for (const key of Object.keys(expected)) {
        const actual = key in got ? key : Object.keys(got).find((k) => !(k in expected) && this.text(key, k));
        if (actual === undefined) differ2(this, `${path}.${key}`, expected[key], undefined);
        else this.compare(expected[key], got[actual], `${path}.${key}`);
      }
      for (const key of Object.keys(got)) {
        if (!(key in expected) && !Object.keys(expected).some((k) => !(k in got) && this.text(k, key))) differ2(this, `${path}.${key}`, undefined, got[key]);
      }
      return;
    }
    if (expected !== got) differ({ expected, got });
  }

  text(expected, got) {
    if (expected === got) return true;
    const names = [];
    let pattern = "";
    let last = 0;
    for (const found of expected.matchAll(this.wild)) {
      pattern += escaped(expected.slice(last, found.index));
      last = found.index + found[0].length;
      const name = found[0];
      const known = this.bound.get(name);
      const numbered = /:\d+>$|idx>$/.test(name);
      if (numbered && known !== undefined) pattern += escaped(known);
      else if (numbered && names.includes(name)) pattern += `\\${names.indexOf(name) + 1}`;
      else if (numbered) {
        names.push(name);
        pattern += "([\\s\\S]*?)";
      } else pattern += "[\\s\\S]*?";
    }
    pattern += escaped(expected.slice(last));
    const match = new RegExp(`^${pattern}$`).exec(got);
    if (!match) return false;
    names.forEach((name, i) => this.bound.set(name, match[i + 1]));
    return true;
  }
}

function differ2(comparison, path, expected, got) {
  comparison.differences.push({ path, expected, got });
}
