import assert from "node:assert/strict";
import fc from "fast-check";
import { EventQueue } from "../../../lib/engine/event_queue.ts";

async function collect<T>(queue: EventQueue<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of queue) values.push(value);
  return values;
}

Deno.test("EventQueue gives every value in order, whenever they are pushed", async () => {
  const script = fc.array(fc.constantFrom("push", "turn"), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(script, async (steps) => {
    const queue = new EventQueue<number>();
    const collected = collect(queue);
    let pushed = 0;
    for (const step of steps) {
      if (step === "push") queue.push(pushed++);
      else await Promise.resolve();
    }
    queue.end();
    assert.deepEqual(await collected, Array.from({ length: pushed }, (_, index) => index));
  }));
});

Deno.test("EventQueue gives values like 0, false and empty text", async () => {
  const queue = new EventQueue<unknown>();
  queue.push(0).push(false).push("").push(null).end();
  assert.deepEqual(await collect(queue), [0, false, "", null]);
});

Deno.test("EventQueue ignores what is pushed after its end", async () => {
  const queue = new EventQueue<number>();
  queue.push(1).end();
  queue.push(2);
  assert.deepEqual(await collect(queue), [1]);
});

Deno.test("EventQueue throws a failure at once and drops what waits", async () => {
  const queue = new EventQueue<number>();
  const failure = new Error("broken");
  queue.push(1).push(2);
  const iterator = queue[Symbol.asyncIterator]();
  assert.deepEqual(await iterator.next(), { value: 1, done: false });
  queue.fail(failure);
  await assert.rejects(iterator.next(), failure);
  assert.deepEqual(await iterator.next(), { value: undefined, done: true });
});

Deno.test("EventQueue wakes a waiting consumer by a failure", async () => {
  const queue = new EventQueue<number>();
  const collected = collect(queue);
  await Promise.resolve();
  queue.fail(new Error("broken"));
  await assert.rejects(collected, { message: "broken" });
});

Deno.test("EventQueue keeps its end when it fails afterwards", async () => {
  const queue = new EventQueue<number>();
  queue.push(1).end();
  queue.fail(new Error("too late"));
  assert.deepEqual(await collect(queue), [1]);
});
