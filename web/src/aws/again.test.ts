import { expect, test } from "vitest";
import { Again } from "./again";

/** Questions that are answered when the test says so. */
function asking() {
  const open: Array<() => void> = [];
  return { open, ask: () => new Promise<void>((resolve) => open.push(resolve)) };
}
const turn = () => new Promise((resolve) => setTimeout(resolve));

test("what changes while it is asked for is asked for once more, however often it changed", async () => {
  const again = new Again(), { open, ask } = asking();
  const first = again.run("a", ask);
  void again.run("a", ask);
  void again.run("a", ask);
  expect(open).toHaveLength(1);
  open[0]();
  await turn();
  expect(open).toHaveLength(2);
  open[1]();
  await first;
  expect(open).toHaveLength(2);
});

test("others do not wait, and what is over begins anew, after a failure too", async () => {
  const again = new Again(), { open, ask } = asking();
  const a = again.run("a", ask);
  void again.run("b", ask);
  expect(open).toHaveLength(2);
  open[0]();
  await a;
  await expect(again.run("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  void again.run("a", ask);
  expect(open).toHaveLength(3);
});
