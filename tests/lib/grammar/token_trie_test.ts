import assert from "node:assert/strict";
import fc from "fast-check";
import { chars, choice, optional, repeat, sequence, text } from "../../../lib/grammar/expressions.ts";
import type { Expression } from "../../../lib/grammar/grammar.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { TokenTrie } from "../../../lib/grammar/token_trie.ts";

/** Pieces of few letters, some of them empty, some the same, some cut within a character. */
const PIECES = fc.array(
  fc.oneof(
    fc.stringMatching(/^[ab1é]{0,4}$/).map((text) => new TextEncoder().encode(text)),
    fc.uint8Array({ maxLength: 3 }),
  ),
  { maxLength: 40 },
);

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    fc.stringMatching(/^[ab1é]{0,3}$/).map(text),
    fc.constantFrom(chars(["a", "b"]), chars("1", "é"), chars(["\0", "\u{10ffff}"])),
    fc.array(tie("expression"), { maxLength: 3 }).map((items) => sequence(...items)),
    fc.array(tie("expression"), { minLength: 1, maxLength: 3 }).map((options) => choice(...options)),
    fc.tuple(tie("expression"), fc.nat(2), fc.nat(3)).map(([item, min, more]) => repeat(item, min, min + more)),
    tie("expression").map(optional),
    tie("expression").map((item) => repeat(item, 0)),
    fc.constant<Expression>({ kind: "until", ends: ["ab", "1"] }),
    fc.constant<Expression>({ kind: "free", without: ["bb"] }),
  ),
}));

function join(pieces: readonly Uint8Array[]): { bytes: Uint8Array; ends: Uint32Array } {
  let end = 0;
  return {
    bytes: Uint8Array.from(pieces.flatMap((piece) => [...piece])),
    ends: Uint32Array.from(pieces, ({ length }) => end += length),
  };
}

function follow(matcher: Matcher, piece: Uint8Array, from: number): number {
  return piece.reduce((state, byte) => matcher.next(state, byte), from);
}

Deno.test("TokenTrie finds exactly the tokens that a walk through the grammar byte by byte does", () => {
  let [some, all] = [0, 0];
  fc.assert(
    fc.property(PIECES, expression, fc.stringMatching(/^[ab1é]{0,3}$/), (pieces, root, before) => {
      const matcher = new Matcher({ rules: { root } });
      const trie = new TokenTrie(join(pieces));
      const state = matcher.follow(before);
      const expected = pieces.flatMap((piece, token) =>
        piece.length > 0 && follow(matcher, piece, state) !== Matcher.DEAD ? [token] : []
      );
      assert.deepEqual([...trie.allowed(matcher, state)], expected);
      some += expected.length;
      all += pieces.length;
      const there = pieces.flatMap(({ length }, token) => length > 0 ? [token] : []);
      assert.deepEqual([...trie.tokens].sort((a, b) => a - b), there);
    }),
    { numRuns: 500 },
  );
  assert.ok(some > 100 && some < all, `${some} of ${all}`);
});
