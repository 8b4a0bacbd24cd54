// Random expressions and random data to put them to. One seed always gives the same.

export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }
  // mulberry32
  next() {
    let t = (this.state = (this.state + 0x6d2b79f5) >>> 0);
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n) {
    return Math.floor(this.next() * n);
  }
  of(list) {
    return list[this.below(list.length)];
  }
  chance(p) {
    return this.next() < p;
  }
}

const names = ["a", "b", "c", "d", "e"];
const strings = ["", "a", "b", "ab", "hello world", "Hello", "42", "-1.5", "0x1F", "x,y,z", "  pad  me ", "ÄÖü", "😀 smile", "\ud83d", "2017-11-07T15:07:54.972Z", "a1b22c333", "true"];
const numbers = [0, 1, 2, 3, -1, -2, 5, 10, 42, 0.5, 1.5, 2.5, -0.5, 0.1, 3.14159, 1e21, 1.5e-7, 123456789, 1234.5678, 1e15, 4503599627370497.5, 1510067557121];

export function data(r, depth = 3) {
  const kind = depth <= 0 ? r.below(4) : r.below(9);
  if (kind === 0) return r.of(numbers);
  if (kind === 1) return r.of(strings);
  if (kind === 2) return r.chance(0.5);
  if (kind === 3) return r.chance(0.3) ? null : r.below(10);
  if (kind < 6) {
    const length = r.below(4);
    if (r.chance(0.5)) {
      // Alike, as data mostly are.
      return Array.from({ length }, () => (r.chance(0.5) ? r.below(10) : Object.fromEntries(["a", "b"].map((n) => [n, data(r, 0)]))));
    }
    return Array.from({ length }, () => data(r, depth - 1));
  }
  return object(r, depth);
}

export function object(r, depth) {
  const out = {};
  for (const name of names) if (r.chance(0.6)) out[name] = data(r, depth - 1);
  if (r.chance(0.05)) out[String(r.below(3))] = r.below(5);
  return out;
}

const quote = (text) => JSON.stringify(text);
const regexes = ["/a/", "/[a-z]+/", "/l+/i", "/(\\w)(\\d+)?/", "/^h/im", "/\\s/", "/[^a]/", "/b|c/", "/x*y/", "/(?:o) w/", "/\\d+$/", "/ü/i"];
const integerPictures = ["0", "000", "#,##0", "#,##0;o", "A", "a", "I", "i", "w", "W", "Ww", "w;o", "Ww;o", "١", "##0", "0,00", "#'##0", "01-0", "x"];
const numberPictures = ["0", "#,##0.00", "#0.0#", "000.0", "#,###.##", "0%", "#.00‰", "(0);[0]", "#,##,##0.0", "0.000,0", "$#0.00 x", "00.#0", "#.#", ",0", "0.0;-0.0", "12", "0..0", "#0;#0;#0", "a"];
const exponentPictures = ["0.0e0", "#0.00e00", "00.0e0", ".00e0"];
const timePictures = ["[Y]", "[Y0001]-[M01]-[D01]", "[MNn] [D1o], [Y]", "[FNn] [d] [W] [w]", "[X] [x]", "[H01]:[m01]:[s01].[f001]", "[h]:[m] [P] [PN]", "[Z] [z]", "[Z01:01t]", "[Z0]", "[Z0101]", "[MN,*-3]", "[FN,3-3]", "[Y,2-2]", "[Yw]", "[YI]", "[D,3]", "[[x]] [Q]", "[Y", "[C] [E]", "[M99;o]", "[DW] [Dwo]", "[f,2]", "[Y9,999,*]"];

// Expressions, roughly of the kind that is asked for: "any", "number", "string", "array", "boolean", "object", "function".
export class Expressions {
  constructor(r) {
    this.r = r;
    this.variables = [];
    this.count = 0;
  }

  any(depth) {
    const r = this.r;
    if (depth <= 0) return this.leaf();
    switch (r.below(16)) {
      case 0: case 1: case 2: return this.path(depth);
      case 3: case 4: return this.number(depth);
      case 5: case 6: return this.string(depth);
      case 7: return this.boolean(depth);
      case 8: case 9: return this.array(depth);
      case 10: return this.object(depth);
      case 11: return `(${this.boolean(depth - 1)} ? ${this.any(depth - 1)}${r.chance(0.8) ? ` : ${this.any(depth - 1)}` : ""})`;
      case 12: return this.block(depth);
      case 13: return this.chain(depth);
      case 14: return this.general(depth);
      default: return this.leaf();
    }
  }

  leaf() {
    const r = this.r;
    switch (r.below(7)) {
      case 0: return String(r.of(numbers));
      case 1: return quote(r.of(strings));
      case 2: return r.of(["true", "false", "null", "[]", "{}", "$$"]);
      case 3: return this.variables.length > 0 ? r.of(this.variables) : "$";
      default: return r.of(names);
    }
  }

  step(depth) {
    const r = this.r;
    switch (r.below(14)) {
      case 0: return "*";
      case 1: return r.chance(0.3) ? "**" : "*";
      case 2: return `\`${r.of(names)}\``;
      case 3: return `(${this.any(depth - 1)})`;
      case 4: return `[${this.any(depth - 1)}]`;
      case 5: return this.object(depth - 1);
      case 6: return r.chance(0.4) ? "%" : r.of(names);
      case 7: return this.stringCall(depth - 1);
      default: return r.of(names);
    }
  }

  path(depth) {
    const r = this.r;
    let out = r.chance(0.85) ? r.of(names) : r.of(["$", "$$", "*", "**", ...this.variables]);
    const kept = this.variables.length;
    for (let steps = r.below(4); steps >= 0; --steps) {
      switch (r.below(13)) {
        case 0: out += `[${r.of(["0", "-1", "1", "[0,1]", "2.5"])}]`; break;
        case 1: case 2: out += `[${r.chance(0.7) ? this.boolean(depth - 1) : this.any(depth - 1)}]`; break;
        case 3: out += "[]"; break;
        case 4: out += `^(${r.of(["", "<", ">"])}${r.chance(0.7) ? r.of(names) : this.any(depth - 1)}${r.chance(0.3) ? `, >${r.of(names)}` : ""})`; break;
        case 5: {
          if (!r.chance(0.4)) break;
          const name = `$f${this.count++}`;
          out += `@${name}`;
          this.variables.push(name);
          break;
        }
        case 6: {
          if (!r.chance(0.4)) break;
          const name = `$i${this.count++}`;
          out += `#${name}`;
          this.variables.push(name);
          break;
        }
        default: out += `.${this.step(depth)}`;
      }
    }
    if (r.chance(0.1)) out += `{${this.string(depth - 1)}: ${this.any(depth - 1)}}`;
    this.variables.length = kept;
    return out;
  }

  number(depth) {
    const r = this.r;
    if (depth <= 0) return r.chance(0.5) ? String(r.of(numbers)) : r.of(names);
    const n = () => this.number(depth - 1);
    switch (r.below(12)) {
      case 0: case 1: case 2: return `(${n()} ${r.of(["+", "-", "*", "/", "%"])} ${n()})`;
      case 3: return `-${n()}`;
      case 4: return `$${r.of(["sum", "count", "max", "min", "average"])}(${this.array(depth - 1)})`;
      case 5: return `$${r.of(["abs", "floor", "ceil", "sqrt"])}(${n()})`;
      case 6: return `$round(${n()}${r.chance(0.6) ? `, ${r.of(["0", "1", "2", "-1", "-2"])}` : ""})`;
      case 7: return `$power(${r.of([0, 1, 2, 10, 1.5, -2])}, ${r.of(["2", "0.5", "-1", "3"])})`; // where every library agrees on the last digit
      case 8: return `$number(${r.chance(0.5) ? this.string(depth - 1) : this.leaf()})`;
      case 9: return `$length(${this.string(depth - 1)})`;
      case 10: return r.chance(0.5) ? `$toMillis(${quote(r.of(["2017-11-07", "2017", "2017-11-07T15:07:54.972Z", "2017-11-07T15:07:54+01:00", "x", "2020-02-29"]))})` : `$parseInteger(${quote(r.of(["12", "1,234", "xii", "ab", "twenty-one", "one hundred and five", "12th"]))}, ${quote(r.of(integerPictures))})`;
      default: return this.path(depth - 1);
    }
  }

  string(depth) {
    const r = this.r;
    if (depth <= 0) return r.chance(0.6) ? quote(r.of(strings)) : r.of(names);
    return r.chance(0.75) ? this.stringCall(depth) : r.chance(0.5) ? `(${this.any(depth - 1)} & ${this.any(depth - 1)})` : this.path(depth - 1);
  }

  stringCall(depth) {
    const r = this.r;
    const s = () => this.string(depth - 1);
    const pattern = () => (r.chance(0.6) ? r.of(regexes) : quote(r.of(["a", "l", " ", ",", "", "lo"])));
    const limit = () => (r.chance(0.2) ? `, ${r.of(["0", "1", "2", "-1", "1.5"])}` : "");
    switch (r.below(16)) {
      case 0: return `$string(${this.any(depth - 1)}${r.chance(0.1) ? ", true" : ""})`;
      case 1: return `$substring(${s()}, ${r.of(["0", "1", "-2", "-9", "2", "1.5"])}${r.chance(0.5) ? `, ${r.of(["0", "1", "3", "-1"])}` : ""})`;
      case 2: return `$${r.of(["substringBefore", "substringAfter"])}(${s()}, ${quote(r.of(["l", " ", "b", ""]))})`;
      case 3: return `$${r.of(["uppercase", "lowercase", "trim"])}(${s()})`;
      case 4: return `$pad(${s()}, ${r.of(["5", "-5", "0", "12"])}${r.chance(0.5) ? `, ${quote(r.of(["#", "ab", "😀", ""]))}` : ""})`;
      case 5: return `$join(${r.chance(0.5) ? `$split(${s()}, ${pattern()}${limit()})` : this.array(depth - 1)}${r.chance(0.6) ? `, ${quote(r.of(["-", "", ", "]))}` : ""})`;
      case 6:
        return r.chance(0.7)
          ? `$replace(${s()}, ${pattern()}, ${quote(r.of(["x", "$0", "[$1]", "$$", "$2$1", "$", "$12"]))}${limit()})`
          : `$replace(${s()}, ${r.of(regexes)}, function($m){ $m.match & $m.index }${limit()})`;
      case 7: return `$formatNumber(${r.of(numbers)}, ${quote(r.of(numberPictures))})`;
      case 8: return `$formatNumber(${r.of([1, 12.5, 1234.5, 0.001, 99999])}, ${quote(r.of(exponentPictures))})`;
      case 9: return `$formatInteger(${r.of([0, 1, 4, 11, 21, 42, 101, 999, 1000, 1234, 1234567, -5, 3.7])}, ${quote(r.of(integerPictures))})`;
      case 10: return `$formatBase(${this.number(depth - 1)}${r.chance(0.8) ? `, ${r.of(["2", "16", "36", "10", "8", "1"])}` : ""})`;
      case 11: return `$fromMillis(${r.of([0, 1510067557121, -1, 1582934400000, 951782400000, 1e12, -62135596800000])}, ${quote(r.of(timePictures))}${r.chance(0.4) ? `, ${quote(r.of(["+0100", "-0530", "+1400", "0000"]))}` : ""})`;
      case 12: return `$${r.of(["base64encode", "base64decode", "encodeUrlComponent", "encodeUrl", "decodeUrlComponent", "decodeUrl"])}(${s()})`;
      case 13: return `$type(${this.any(depth - 1)})`;
      case 14: return `$match(${s()}, ${r.of(regexes)}${limit()}).${r.of(["match", "index", "groups"])}`;
      default: return `(${s()} & ${this.any(depth - 1)})`;
    }
  }

  boolean(depth) {
    const r = this.r;
    if (depth <= 0) return r.of(["true", "false", "a", "b = 1", "a > 2"]);
    const b = () => this.boolean(depth - 1);
    const any = () => this.any(depth - 1);
    switch (r.below(10)) {
      case 0: return `(${b()} ${r.of(["and", "or"])} ${b()})`;
      case 1: case 2: return `${any()} ${r.of(["=", "!="])} ${any()}`;
      case 3: case 4: return `${this.number(depth - 1)} ${r.of(["<", "<=", ">", ">="])} ${this.number(depth - 1)}`;
      case 5: return `${any()} in ${this.array(depth - 1)}`;
      case 6: return `$${r.of(["exists", "boolean", "not"])}(${any()})`;
      case 7: return `$contains(${this.string(depth - 1)}, ${r.chance(0.5) ? r.of(regexes) : quote("a")})`;
      case 8: return `${this.string(depth - 1)} < ${this.string(depth - 1)}`;
      default: return any();
    }
  }

  array(depth) {
    const r = this.r;
    if (depth <= 0) return r.of(["[1,2,3]", "[]", "a", "b", "[3,1,2]", '["b","a"]', "[1..3]", "c"]);
    const a = () => this.array(depth - 1);
    switch (r.below(14)) {
      case 0: case 1: return `[${Array.from({ length: r.below(4) }, () => this.any(depth - 1)).join(", ")}]`;
      case 2: return `[${r.below(4)}..${r.below(6)}]`;
      case 3: return `$map(${a()}, ${this.lambda(depth, r.below(4))})`;
      case 4: return `$filter(${a()}, ${this.lambda(depth, 1 + r.below(2), "boolean")})`;
      case 5: return `$sort(${a()}${r.chance(0.5) ? `, function($l, $r){ $l ${r.of(["<", ">"])} $r }` : ""})`;
      case 6: return `$${r.of(["reverse", "distinct"])}(${a()})`;
      case 7: return `$append(${this.any(depth - 1)}, ${this.any(depth - 1)})`;
      case 8: return `$zip(${a()}, ${a()})`;
      case 9: return `$keys(${this.any(depth - 1)})`;
      case 10: return `$spread(${this.any(depth - 1)})`;
      case 11: return `$split(${this.string(depth - 1)}, ${r.chance(0.5) ? r.of(regexes) : quote(r.of([",", " ", ""]))})`;
      case 12: return `$each(${r.chance(0.5) ? this.object(depth - 1) : "$"}, function($v, $k){ $k & $string($v) })`;
      default: return this.path(depth - 1);
    }
  }

  object(depth) {
    const r = this.r;
    if (depth <= 0) return r.of(["{}", '{"a": 1}', '{"b": a, "a": b}']);
    switch (r.below(7)) {
      case 0: return `$merge([${this.object(depth - 1)}, ${this.object(depth - 1)}])`;
      case 1: return `$sift(${r.chance(0.5) ? "$" : this.object(depth - 1)}, ${this.lambda(depth, 2, "boolean")})`;
      case 2: return `(${r.chance(0.5) ? "$" : this.object(depth - 1)} ~> |${r.of(["a", "$", "b", "*", "**"])}|${this.object(depth - 1)}${r.chance(0.4) ? `, ${r.of(['"a"', '["a","b"]', '"x"', "5"])}` : ""}|)`;
      default: return `{${Array.from({ length: 1 + r.below(3) }, (_, i) => `${r.chance(0.8) ? quote(r.of(names) + i) : this.string(depth - 1)}: ${this.any(depth - 1)}`).join(", ")}}`;
    }
  }

  lambda(depth, parameters, kind = "any") {
    const own = Array.from({ length: parameters }, () => `$p${this.count++}`);
    this.variables.push(...own);
    const body = this[kind](depth - 1);
    this.variables.length -= own.length;
    return `function(${own.join(", ")}){ ${body} }`;
  }

  block(depth) {
    const r = this.r;
    const kept = this.variables.length;
    const parts = [];
    for (let i = r.below(3); i > 0; --i) {
      const name = `$v${this.count++}`;
      parts.push(`${name} := ${this.any(depth - 1)}`);
      this.variables.push(name);
    }
    if (r.chance(0.2)) {
      const name = `$g${this.count++}`;
      parts.push(`${name} := ${this.lambda(depth, 1 + r.below(2))}`);
      parts.push(r.chance(0.5) ? `${name}(${this.any(depth - 1)})` : `${name}(?, ${this.any(depth - 1)})(${this.any(depth - 1)})`);
    } else {
      parts.push(this.any(depth - 1));
    }
    this.variables.length = kept;
    return `(${parts.join("; ")})`;
  }

  chain(depth) {
    const r = this.r;
    let out = this.any(depth - 1);
    for (let i = 1 + r.below(2); i > 0; --i) {
      out += ` ~> ${r.of(["$string", "$count", "$sum", "$uppercase()", "$length", "$keys()", "$reverse()", "$join(\"-\")", "$substring(1)", "$type", "$distinct", `$map(${this.lambda(depth, 1)})`, "$append(1)", "/a/"])}`;
    }
    return r.chance(0.5) ? `(${out})` : out;
  }

  general(depth) {
    const r = this.r;
    switch (r.below(6)) {
      case 0: return `$lookup(${this.any(depth - 1)}, ${quote(r.of(names))})`;
      case 1: return `$reduce(${this.array(depth - 1)}, ${this.lambda(depth, r.chance(0.9) ? 2 : 1)}${r.chance(0.5) ? `, ${this.any(depth - 1)}` : ""})`;
      case 2: return `$single(${this.array(depth - 1)}, ${this.lambda(depth, 1, "boolean")})`;
      case 3: return `$clone(${this.any(depth - 1)})`;
      case 4: return `$assert(${this.boolean(depth - 1)}, "said")`;
      default: return `$${r.of(["foo", "sum", "uppercase", "map", "merge", "round"])}(${Array.from({ length: r.below(4) }, () => this.any(depth - 1)).join(", ")})`;
    }
  }
}
