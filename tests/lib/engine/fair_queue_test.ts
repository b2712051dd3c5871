import assert from "node:assert/strict";
import fc from "fast-check";
import { FairQueue } from "../../../lib/engine/fair_queue.ts";

interface Item {
  client: string;
  number: number;
}

const CLIENTS = ["a", "b", "c"];

Deno.test("FairQueue lets clients take turns, each in the order of its own items", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) queue.push(item, [item.charAt(0)]);
  assert.deepEqual([...queue], ["a1", "b1", "c1", "a2", "c2", "a3"]);
  queue.take("a1");
  queue.push("b2", ["b"]);
  assert.deepEqual([...queue], ["b1", "c1", "a2", "b2", "c2", "a3"]);
});

Deno.test("FairQueue keeps a client's turn when an item is only removed", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "b1"]) queue.push(item, [item.charAt(0)]);
  assert.equal(queue.remove("a1"), true);
  assert.equal(queue.remove("a1"), false);
  assert.deepEqual([...queue], ["a2", "b1"]);
});

/** What is done to a queue: an item arrives, the next one is taken, some other is taken (others wait for something), one is removed. */
const ACTIONS = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...CLIENTS).map((client) => ({ type: "push" as const, client })) },
    { weight: 2, arbitrary: fc.constant({ type: "take" as const, at: 0 }) },
    { weight: 1, arbitrary: fc.nat({ max: 8 }).map((at) => ({ type: "take" as const, at })) },
    { weight: 1, arbitrary: fc.nat({ max: 8 }).map((at) => ({ type: "remove" as const, at })) },
  ),
  { maxLength: 60, size: "max" },
);

Deno.test("FairQueue loses and repeats nothing, keeps each client's order, and passes nobody over more than once for another", () => {
  fc.assert(
    fc.property(ACTIONS, (actions) => {
      const queue = new FairQueue<Item>();
      const inside: Item[] = [];
      /** How often each other client was served since a client's item came first among its own. */
      const passed = new Map<string, Map<string, number>>();
      let number = 0;
      for (const action of actions) {
        if (action.type === "push") {
          const item = { client: action.client, number: number++ };
          if (!inside.some(({ client }) => client === item.client)) passed.set(item.client, new Map());
          inside.push(item);
          queue.push(item, [item.client]);
        } else {
          const item = [...queue][action.at];
          if (item === undefined) continue;
          inside.splice(inside.indexOf(item), 1);
          if (action.type === "take") {
            queue.take(item);
            passed.set(item.client, new Map());
            for (const [client, counts] of passed) {
              if (client === item.client || !inside.some((other) => other.client === client)) continue;
              counts.set(item.client, (counts.get(item.client) ?? 0) + 1);
              // Where the first one in turn was taken each time, nobody else was served twice meanwhile.
              const inTurn = actions.every((action) => action.type !== "take" || action.at === 0);
              if (inTurn) {
                assert.ok((counts.get(item.client) ?? 0) <= 1, `${client} was passed over for ${item.client}`);
              }
            }
          } else assert.ok(queue.remove(item));
        }
        const order = [...queue];
        assert.deepEqual([...order].sort((a, b) => a.number - b.number), inside);
        for (const client of CLIENTS) {
          const own = order.filter((item) => item.client === client).map(({ number }) => number);
          assert.deepEqual(own, [...own].sort((a, b) => a - b));
        }
        assert.equal(queue.empty, inside.length === 0);
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("FairQueue lets groups take turns, and clients within their group", () => {
  const queue = new FairQueue<string>();
  for (const item of ["xa1", "xa2", "xb1", "xc1", "yd1", "yd2"]) queue.push(item, [item.charAt(0), item.charAt(1)]);
  const order: string[] = [];
  for (let [next] = queue; next !== undefined; [next] = queue) {
    order.push(next);
    assert.equal(queue.take(next), true);
  }
  assert.deepEqual(order, ["xa1", "yd1", "xb1", "yd2", "xc1", "xa2"]);
  assert.ok(queue.empty);
  assert.equal(queue.take("xa1"), false);
});

Deno.test("FairQueue can be taken from while it is looked through", () => {
  const queue = new FairQueue<string>();
  for (const item of ["a1", "a2", "b1", "c1"]) queue.push(item, [item.charAt(0)]);
  const seen: string[] = [];
  for (const item of queue) {
    seen.push(item);
    if (item !== "b1") queue.take(item);
  }
  assert.deepEqual(seen, ["a1", "b1", "c1", "a2"]);
  assert.deepEqual([...queue], ["b1"]);
});
