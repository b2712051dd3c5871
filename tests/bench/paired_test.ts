import assert from "node:assert/strict";
import type { Bench } from "./bench.ts";
import { noteShortAnswers, runPaired } from "./paired.ts";

const BENCH: Bench = {
  rounds: 2,
  smoke: true,
  large: false,
  tokens: 0,
  threads: 1,
  base: "",
  llamafile: "",
  peerBin: undefined,
  extra: [],
  model: () => Promise.resolve(""),
  supports: () => false,
  log: () => {},
};

Deno.test("runPaired turns the order each other round and keeps each round's values together", async () => {
  const order: string[] = [];
  const runs = ["a", "b"].map((contender) => ({
    contender,
    measure: (round: number): Promise<Record<string, number>> => {
      order.push(`${contender}${round}`);
      return Promise.resolve({ speed: round * (contender === "a" ? 10 : 1) });
    },
  }));
  const { rounds } = await runPaired(BENCH, [{ name: "t", runs }]);
  assert.deepEqual(order, ["b1", "a1", "a2", "b2"]);
  assert.deepEqual(rounds, [{ speed: { a: 10, b: 1 } }, { speed: { a: 20, b: 2 } }]);
});

Deno.test("noteShortAnswers names who generated less than it was asked for", () => {
  const rounds = [{ tokens: { a: 96, b: 96 } }, { tokens: { a: 80, b: 96 } }, { tokens: { a: 90, b: 96 } }];
  assert.deepEqual(noteShortAnswers(rounds, "tokens", 96), ["a gave 80 of 96 tokens: it does not follow ignore_eos"]);
});
