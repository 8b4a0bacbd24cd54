// What is set over the wire, and what may be read of it: the last that was acknowledged, or what somebody asked for since without an answer.
// A cell has one writer at a time; what it holds is plain data.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { attempt } from "./aws.mjs";

export class Cell {
  // `read` asks the server what is there now.
  constructor(name, first, read) {
    this.name = name;
    this.possible = [first];
    this.read = read;
    this.acknowledged = 0;
  }

  // `apply`: what is there once `ask` has been done, by what was there before.
  async write(ask, apply) {
    const before = this.possible;
    const after = before.map(apply);
    this.possible = [...before, ...after];
    const got = await attempt(ask);
    if ("value" in got) this.possible = after, ++this.acknowledged;
    return got;
  }

  // What is read is what is there from then on.
  async check() {
    const now = await this.read();
    if (!this.possible.some((one) => isDeepStrictEqual(one, now))) {
      assert.fail(`${this.name}: it is ${JSON.stringify(now)}, and can only be ${this.possible.map((one) => JSON.stringify(one)).join(" or ")}`);
    }
    this.possible = [now];
    return now;
  }

  get known() {
    return this.possible.length === 1;
  }
}
