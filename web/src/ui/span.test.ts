import { expect, test } from "vitest";
import { limitsOf, queryOf, spanOf } from "./span";

test("a span comes out of an address as it went into it, and what is no time is none", () => {
  for (const span of [{ within: 3600 }, { from: "2026-11-29T08:00:00+01:00", to: "2026-11-29T09:00:00+01:00" }, {}]) {
    const query = new URLSearchParams(Object.entries(queryOf(span)).filter((e): e is [string, string] => e[1] !== undefined));
    expect(spanOf(query)).toEqual({ ...("within" in span ? {} : { from: undefined, to: undefined }), ...span });
  }
  expect(spanOf(new URLSearchParams("within=-5&from=yesterday&to=1e99"))).toEqual({ from: undefined, to: undefined });
});

test("a relative span ends now, an absolute one where it says", () => {
  expect(limitsOf({ within: 60 }, 100_000)).toEqual({ from: 40_000 });
  expect(limitsOf({ from: "1970-01-01T00:00:01Z", to: "1970-01-01T00:00:02Z" }, 0)).toEqual({ from: 1000, to: 2000 });
  expect(limitsOf({}, 5)).toEqual({ from: undefined, to: undefined });
});
