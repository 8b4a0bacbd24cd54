import { expect, test } from "vitest";
import { filled, known, rangeOf, spanOf, total } from "./series";

test("a span ends with a whole period, and every period in it has a point", () => {
  const range = rangeOf("1h"), span = spanOf(range, Date.UTC(2026, 0, 1, 12, 0, 30));
  expect([span.from, span.to].map((d) => d.toISOString())).toEqual(["2026-01-01T11:01:00.000Z", "2026-01-01T12:01:00.000Z"]);
  const points = filled([new Date(Date.UTC(2026, 0, 1, 12, 0)), new Date(Date.UTC(2026, 0, 1, 11, 1))], [3, 4], range, span);
  expect(points).toHaveLength(60);
  expect([points[0].y, points[1].y, points[59].y, total(points)]).toEqual([4, 0, 3, 7]);
});

test("what has no value where nothing happened keeps its gaps, in order", () => {
  expect(known([new Date(2_000), new Date(1_000)], [2, 1])).toEqual([{ x: new Date(1_000), y: 1 }, { x: new Date(2_000), y: 2 }]);
  expect(rangeOf("nonsense").id).toBe("1h");
});
