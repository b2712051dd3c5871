import assert from "node:assert/strict";
import type { TokenizeOptions } from "../../../ffi/mod.ts";
import { PromptTokenizer } from "../../../lib/engine/prompt_tokenizer.ts";
import { failure } from "./answer.ts";

/** A token for each byte; 1 begins a text, 2 is read where control tokens are. */
const VOCABULARY = {
  size: 256,
  longestToken: 4,
  bos: 1,
  addsBos: true,
  fimPrefix: 3,
  fimSuffix: 4,
  fimMiddle: 5,
  tokenize(text: string, { addSpecial, parseSpecial }: TokenizeOptions): Int32Array<ArrayBuffer> {
    const bytes = new TextEncoder().encode(parseSpecial ? text.replaceAll("<2>", "\x02") : text);
    return Int32Array.from([...(addSpecial ? [1] : []), ...bytes]);
  },
};
const tokenizer = new PromptTokenizer(VOCABULARY, 10);

Deno.test("PromptTokenizer adds the beginning of a text to parts that begin with one, and to no other", () => {
  const tokens = (...parts: (string | number[])[]): number[] => Array.from(tokenizer.tokenize({ parts }));
  assert.deepEqual(tokens("a", [7, 8], "b<2>"), [1, 97, 7, 8, 98, 2]);
  assert.deepEqual(tokens([7], "a"), [7, 97]);
  assert.deepEqual(tokens(), []);
  const plain = { addSpecial: false, parseSpecial: false };
  assert.deepEqual(Array.from(tokenizer.tokenize({ parts: ["<2>"] }, plain)), [60, 50, 62]);
});

Deno.test("PromptTokenizer refuses tokens that there are not, and texts that cannot fit, in parts as well", () => {
  for (const prompt of [[256], { parts: ["a", [-1]] }]) {
    assert.throws(() => tokenizer.tokenize(prompt), failure("invalid_value", /whole numbers from 0 to 255/));
  }
  const long = "a".repeat(161);
  for (const prompt of [long, { parts: ["b", long] }, { before: long, after: "" }]) {
    assert.throws(() => tokenizer.tokenize(prompt), failure("context_length_exceeded", /16[12] characters/));
  }
});

Deno.test("PromptTokenizer puts a gap's tokens around what surrounds it, and finds what prompts begin with", () => {
  assert.deepEqual(Array.from(tokenizer.tokenize({ before: "a", after: "<2>" })), [1, 3, 97, 4, 60, 50, 62, 5]);
  assert.deepEqual(Array.from(tokenizer.tokenize({ beginningOf: ["abc", "abd", "abce"] })), [1, 97, 98]);
});
