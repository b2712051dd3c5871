import assert from "node:assert/strict";
import { chars, choice, marker, repeat, sequence, text } from "../../../lib/grammar/expressions.ts";
import { type GrammarVocabulary, TokenGrammar } from "../../../lib/grammar/token_grammar.ts";
import { TokenTrie } from "../../../lib/grammar/token_trie.ts";

/** A vocabulary of these pieces, whose tokenizer takes the longest one at each place, behind what it puts in front. */
function vocabularyOf(pieces: string[], front = ""): GrammarVocabulary {
  const bytes = pieces.map((piece) => new TextEncoder().encode(piece));
  let end = 0;
  return {
    piece: (token) => bytes[token] ?? new Uint8Array(),
    controlText: () => undefined,
    tokenOf: () => undefined,
    isEndOfGeneration: () => false,
    tokenize: (text) => {
      const tokens: number[] = [];
      for (let rest = front + text; rest !== "";) {
        const longest = pieces.reduce(
          (best, piece) => rest.startsWith(piece) && piece.length > best.length ? piece : best,
          "",
        );
        assert.notEqual(longest, "", `no token begins ${JSON.stringify(rest)}`);
        tokens.push(pieces.indexOf(longest));
        rest = rest.slice(longest.length);
      }
      return tokens;
    },
    controlTokens: [],
    endTokens: [],
    trie: new TokenTrie({
      bytes: Uint8Array.from(bytes.flatMap((piece) => [...piece])),
      ends: Uint32Array.from(bytes, ({ length }) => end += length),
    }),
  };
}

const NAME = { rules: { root: sequence(text('{"name": '), repeat(chars(["a", "z"]), 1), text("}")) } };
const PIECES = ["{", '"', '{"', "name", '":', " ", "}", "a", "n", "\n"];

Deno.test("TokenGrammar forces the tokens of what must come but for the last", () => {
  const grammar = new TokenGrammar(NAME, vocabularyOf(PIECES));
  assert.deepEqual(grammar.forced(grammar.start), ['{"', "name", '":'].map((piece) => PIECES.indexOf(piece)));
  const after = grammar.next(grammar.next(grammar.start, PIECES.indexOf('{"')), PIECES.indexOf("n"));
  assert.notEqual(after, 0);
});

Deno.test("TokenGrammar leaves out the blank that a tokenizer puts in front of a text, where that is a token or can be made one", () => {
  const forced = ['{"', "name", '":'];
  for (const pieces of [PIECES, [...PIECES, ' {"'], [...PIECES, " {", ' {"name']]) {
    const grammar = new TokenGrammar(NAME, vocabularyOf(pieces, " "));
    assert.deepEqual(grammar.forced(grammar.start), forced.map((piece) => pieces.indexOf(piece)));
  }
  const merging = [...PIECES, ' {"', " \n{"];
  const grammar = new TokenGrammar(NAME, vocabularyOf(merging, " "));
  assert.deepEqual(grammar.forced(grammar.start), [], "none rather than others");
});

Deno.test("TokenGrammar forces a control token that must come, and never its letters where one may come", () => {
  const pieces = [...PIECES, "<", "c", ">", "b", "x", "e"];
  const control = new Map([["<c>", 100], ["<b>", 101]]);
  const vocabulary: GrammarVocabulary = {
    ...vocabularyOf(pieces),
    tokenOf: (text) => control.get(text),
    controlText: (token) => [...control].find(([, id]) => id === token)?.[0],
  };
  const twice = choice(sequence(marker("<c>"), text("axe")), sequence(marker("<c>"), text("axen")));
  const grammar = new TokenGrammar({ rules: { root: twice } }, vocabulary);
  assert.equal(grammar.forced(grammar.start)[0], 100, "both begin with it");
  const either = new TokenGrammar({ rules: { root: choice(marker("<c>"), marker("<b>")) } }, vocabulary);
  assert.deepEqual(either.forced(either.start), []);
  const plain = new TokenGrammar({ rules: { root: twice } }, vocabularyOf(pieces));
  assert.equal(plain.forced(plain.start)[0], pieces.indexOf("<"), "where there is no such token its letters come");
});
