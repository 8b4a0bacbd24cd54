// Every action of the console can be copied as a command: what changes something is made in one place, and given to the button
// that sends it and to the one that copies it.
import { expect, test } from "vitest";

const files = import.meta.glob("../{pages,studio,metrics,ui}/**/*.tsx", { query: "?raw", import: "default", eager: true }) as Record<string, string>;
const asks = /^(Describe|Get|List|Filter|Validate|Lookup|Simulate)/;
const made = (text: string) => [...text.matchAll(/new (\w+)Command\(/g)].map((m) => m[1]).filter((name) => !asks.test(name));

test("what changes something is never made where it is sent", () => {
  // A new queue's address is only known from its answer: the topic's page makes those commands anew, from what it knows before.
  const known = ["../pages/topic.tsx CreateQueue"];
  const found = Object.entries(files).flatMap(([path, text]) => [...text.matchAll(/send\(\s*new (\w+)Command\(/g)].map((m) => m[1]).filter((name) => !asks.test(name)).map((name) => `${path} ${name}`));
  expect(found).toEqual(known);
});

test("a page that changes something has the button that copies it", () => {
  expect(Object.keys(files).length).toBeGreaterThan(40);
  const acting = Object.entries(files).filter(([, text]) => made(text).length > 0);
  expect(acting.length).toBeGreaterThan(10);
  expect(acting.filter(([, text]) => !/<CliOf |copyCommand\(/.test(text)).map(([path]) => path)).toEqual([]);
});
