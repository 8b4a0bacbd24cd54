import { expect, test } from "vitest";
import type { follow, ServerEvent } from "./api";
import { Changes } from "./changes";

/** A server of which the test says what it tells. */
function server() {
  const connections: Array<{ watch: string[]; last?: string; open: boolean; tell: (event: string, id: string, changed?: string[]) => void; live: (live: boolean) => void }> = [];
  const followed: typeof follow = (_name, query, onEvent, onState, last) => {
    const own = {
      watch: query.watch as string[], last, open: true, live: (live: boolean) => onState?.(live),
      tell: (event: string, id: string, changed: string[] = []) => onEvent({ event, id, data: JSON.stringify({ changed }) } satisfies ServerEvent),
    };
    connections.push(own);
    return () => (own.open = false);
  };
  return { connections, followed, now: () => connections.at(-1)! };
}
const turn = () => new Promise((resolve) => setTimeout(resolve));

test("one connection for all that is watched, and those are told whose thing changed", async () => {
  const { connections, followed, now } = server();
  const changes = new Changes(followed), told: string[] = [];
  changes.watch(["tasks", "task:1"], () => told.push("page"));
  const leave = changes.watch(["queue:a"], () => told.push("queue"));
  await turn();
  expect(connections.map((c) => [c.watch, c.open])).toEqual([[[], false], [["queue:a", "task:1", "tasks"], true]]);
  now().tell("watching", "g.1");
  now().tell("changed", "g.2", ["tasks", "task:1"]);
  expect(told).toEqual(["page"]);
  leave();
  await turn();
  expect(now().watch).toEqual(["task:1", "tasks"]);
  expect(now().last).toBe("g.2");
  connections[1].tell("changed", "g.3", ["tasks"]); // of a connection that was left
  expect(told).toEqual(["page"]);
});

test("the next connection begins behind the last message, whichever connection that came by", async () => {
  const { followed, now } = server();
  const changes = new Changes(followed);
  now().tell("watching", "g.5");
  changes.watch(["tasks"], () => undefined);
  await turn();
  expect(now().last).toBe("g.5");
  now().tell("watching", "g.6");
  now().tell("still", "g.9");
  changes.watch(["stacks"], () => undefined);
  await turn();
  expect(now().last).toBe("g.9");
});

test("who asks waits until the server has told from where on it tells, or that it does not", async () => {
  for (const answer of ["tells", "does not"]) {
    const { followed, now } = server();
    const changes = new Changes(followed);
    let known = false;
    void changes.known().then(() => (known = true));
    await turn();
    expect(known).toBe(false);
    if (answer === "tells") now().tell("watching", "g.1");
    else now().live(false);
    await turn();
    expect(known).toBe(true);
  }
});

test("another session begins anew, and a server that is back is told of", async () => {
  const { followed, now } = server();
  let back = 0;
  const changes = new Changes(followed, () => ++back);
  changes.watch(["tasks"], () => undefined);
  await turn();
  now().live(true);
  now().tell("watching", "g.1");
  changes.restart();
  expect([now().watch, now().last]).toEqual([["tasks"], undefined]);
  now().live(true);
  expect(back).toBe(0);
  now().live(false);
  now().live(true);
  expect(back).toBe(1);
});
