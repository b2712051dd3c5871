import assert from "node:assert/strict";
import fc from "fast-check";
import { differenceOf, segmentsOf } from "../../../lib/text/text_difference.ts";

const piece = fc.constantFrom("<think>", "</s>", "[INST]", "[", "<", ">", "]", "a", "b", " ", "\n", "ab");
const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));

Deno.test("segmentsOf cuts a text into markers and what is between", () => {
  assert.deepEqual(segmentsOf("a<|x|>\n[y] b<c").map(({ kind, value }) => `${kind} ${value}`), [
    "text a",
    "marker <|x|>",
    "text \n",
    "marker [y]",
    "text  b",
    "text <c",
  ]);
});

Deno.test("segmentsOf loses nothing", () => {
  fc.assert(fc.property(text, (given) => {
    assert.equal(segmentsOf(given).map(({ value }) => value).join(""), given);
  }));
});

Deno.test("differenceOf two texts joined again is the two texts", () => {
  fc.assert(fc.property(text, text, (a, b) => {
    const { prefix, suffix, left, right } = differenceOf(a, b);
    assert.equal(prefix + left + suffix, a);
    assert.equal(prefix + right + suffix, b);
  }));
});

Deno.test("differenceOf never cuts a marker", () => {
  assert.deepEqual(differenceOf("<s>a<end>", "<s>b<e>"), { prefix: "<s>", suffix: "", left: "a<end>", right: "b<e>" });
  assert.deepEqual(differenceOf("<s>Hi you<e>", "<s>Hi <x> you<e>"), {
    prefix: "<s>Hi",
    suffix: " you<e>",
    left: "",
    right: " <x>",
  });
});
