import assert from "node:assert/strict";
import { type Layout, LayoutPolicy } from "../../../lib/engine/layout_policy.ts";
import type { Sequence } from "../../../lib/engine/sequence.ts";
import { makeSequence } from "./make_sequence.ts";

const PART = 512;

/** Sequences with prompts of these lengths, and answers of up to so many tokens. */
function running(lengths: readonly number[], maxTokens = 1000): Sequence[] {
  return lengths.map((length, id) => makeSequence({ id, prompt: new Int32Array(length), maxTokens, limit: 4096 }));
}

/** A policy whose wishes come true unless `stays`. */
class Cache {
  unified = true;
  switches: Layout[] = [];
  readonly #policy: LayoutPolicy;

  constructor(readonly splitLength: number | undefined, readonly stays = false) {
    this.#policy = new LayoutPolicy(this);
  }

  switchLayout(layout: Layout): void {
    this.switches.push(layout);
    if (!this.stays) this.unified = layout === "unified";
  }

  decode(sequences: readonly Sequence[], times = 1): void {
    for (let i = 0; i < times; i++) {
      const layout = this.#policy.wanted(sequences);
      if (layout !== undefined) this.switchLayout(layout);
    }
  }
}

const MANY = [10, 10, 10, 10, 10, 10, 10, 10];

Deno.test("LayoutPolicy splits the cache for many short sequences, and stays split while they go and come", () => {
  const cache = new Cache(PART);
  cache.decode(running([10]), 300);
  cache.decode(running([10, 10]), 300);
  assert.deepEqual(cache.switches, []);
  cache.decode(running(MANY), 300);
  cache.decode(running([10]), 300);
  cache.decode([], 300);
  cache.decode(running(MANY), 300);
  assert.deepEqual(cache.switches, ["split"]);
});

Deno.test("LayoutPolicy makes one pool before a sequence exceeds its part", () => {
  const cache = new Cache(PART);
  cache.decode(running(MANY));
  cache.decode(running([...MANY, PART - 1]));
  assert.deepEqual(cache.switches, ["split"]);
  cache.decode(running([...MANY, PART]));
  assert.deepEqual(cache.switches, ["split", "unified"]);
});

Deno.test("LayoutPolicy keeps one pool where a sequence would not fit its part, or is expected not to", () => {
  const cache = new Cache(PART);
  cache.decode(running([...MANY, PART - 100]), 300);
  assert.deepEqual(cache.switches, [], "256 more tokens are expected");
  cache.decode(running([...MANY, PART - 100], 100), 1);
  assert.deepEqual(cache.switches, ["split"], "unless it may have no more than 100");
});

Deno.test("LayoutPolicy does not switch to and fro: 200 decodes lie between two splits, whatever comes", () => {
  const cache = new Cache(PART);
  let splits = 0;
  for (let i = 0; i < 2000; i++) {
    const before = cache.switches.length;
    cache.decode(running(i % 3 === 0 ? [...MANY, PART] : MANY, 100));
    if (cache.switches.length > before && cache.switches.at(-1) === "split") splits++;
  }
  assert.ok(splits > 2 && splits <= 10, `${splits} splits in 2000 decodes`);
});

Deno.test("LayoutPolicy does not ask with each decode for a layout that cannot be made", () => {
  const cache = new Cache(PART, true);
  cache.decode(running(MANY), 1000);
  assert.ok(cache.switches.length <= 5, `asked ${cache.switches.length} times`);
  cache.switches = [];
  cache.unified = false;
  cache.decode(running([...MANY, PART]), 1000);
  assert.ok(cache.switches.length >= 1 && cache.switches.length <= 5, `asked ${cache.switches.length} times`);
});

Deno.test("LayoutPolicy leaves a layout that is fixed as it is", () => {
  const cache = new Cache(undefined);
  cache.decode(running(MANY), 300);
  cache.unified = false;
  cache.decode(running([5000]), 300);
  assert.deepEqual(cache.switches, []);
});
