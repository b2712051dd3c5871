import assert from "node:assert/strict";
import fc from "fast-check";
import { openRealModel, type RealModel } from "../real_engine.ts";

let opened: RealModel | undefined;
Deno.test.beforeAll(async () => {
  opened = await openRealModel();
});
Deno.test.afterAll(() => opened?.[Symbol.dispose]());

function vocabulary(): RealModel["model"]["vocabulary"] {
  assert.ok(opened);
  return opened.model.vocabulary;
}

const TEXT = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200, size: "max" }),
  fc.string({ unit: "grapheme", maxLength: 100 }),
  // What a tokenizer may treat apart: white space, control tokens as text, digits.
  fc.array(
    fc.constantFrom(
      " ",
      "  ",
      "\n",
      "\r\n",
      "\t",
      "<|im_end|>",
      "<|",
      "im_start",
      "0",
      "12",
      "é",
      "e\u0301",
      "👩‍👩‍👧",
      "﷽",
      "a",
    ),
  )
    .map((parts) => parts.join("")),
);

Deno.test("Vocabulary gives back any text from its tokens, but for bytes that the model has no token for", () => {
  const known = knownBytes();
  assert.ok(known.size > 200 && known.size < 256, `${known.size} bytes have a token of their own`);
  let whole = 0;
  fc.assert(
    fc.property(TEXT, (text) => {
      const bytes = new TextEncoder().encode(text);
      const tokens = vocabulary().tokenize(text, { addSpecial: false, parseSpecial: false });
      assert.deepEqual(bytesOf(tokens), bytes.filter((byte) => known.has(byte)));
      if (bytes.every((byte) => known.has(byte))) whole++;
    }),
    { numRuns: 300 },
  );
  assert.ok(whole > 100, `Only ${whole} texts could be given back whole`);
});

Deno.test("Vocabulary takes control tokens in a text for what they are when told to", () => {
  const text = "<|im_start|>user\nHi<|im_end|>";
  const parsed = vocabulary().tokenize(text, { addSpecial: false, parseSpecial: true });
  const plain = vocabulary().tokenize(text, { addSpecial: false, parseSpecial: false });
  assert.ok(vocabulary().isEndOfGeneration(parsed.at(-1) ?? -1));
  assert.ok(![...plain].some((token) => vocabulary().isEndOfGeneration(token)));
  assert.ok(plain.length > parsed.length);
  assert.equal(textOf(parsed, true), text);
  assert.equal(textOf(parsed, false), "user\nHi", "control tokens have no text unless asked for");
});

Deno.test("Vocabulary tokenizes the empty text and long texts", () => {
  assert.equal(vocabulary().tokenize("", { addSpecial: false, parseSpecial: true }).length, 0);
  const long = "The quick brown fox. ".repeat(2000);
  assert.equal(textOf(vocabulary().tokenize(long, { addSpecial: false, parseSpecial: true })), long);
});

Deno.test("Vocabulary gives each token a piece", () => {
  let longest = 0;
  for (let token = 0; token < vocabulary().size; token++) {
    longest = Math.max(longest, vocabulary().piece(token, true).length);
  }
  assert.ok(longest > 64, `The longest piece has ${longest} bytes: the first buffer is never too small in this test`);
});

Deno.test("Vocabulary refuses tokens that it has not", () => {
  const { size } = vocabulary();
  assert.equal(size, 49152);
  for (const token of [-1, size, 2 ** 31, 0.5, NaN]) {
    assert.throws(() => vocabulary().piece(token), {
      name: "RangeError",
      message: `Token ${token} is not in the vocabulary of ${size}`,
    });
    assert.throws(() => vocabulary().isEndOfGeneration(token), RangeError);
  }
  assert.ok(vocabulary().piece(size - 1).length >= 0);
});

Deno.test("Vocabulary gives the same piece again, and the same word on what ends generation", () => {
  const { eos = -1 } = vocabulary();
  for (const token of [eos, 0, 100, vocabulary().size - 1]) {
    for (const special of [false, true]) {
      assert.equal(vocabulary().piece(token, special), vocabulary().piece(token, special));
    }
    assert.equal(vocabulary().isEndOfGeneration(token), vocabulary().isEndOfGeneration(token));
  }
  assert.equal(vocabulary().isEndOfGeneration(eos), true);
  assert.notDeepEqual(vocabulary().piece(eos), vocabulary().piece(eos, true), "without and with control tokens' text");
});

Deno.test("Vocabulary knows the special tokens of SmolLM2", () => {
  const name = (token: number | undefined): string => token === undefined ? "none" : textOf([token], true);
  assert.equal(name(vocabulary().bos), "<|im_start|>");
  assert.equal(name(vocabulary().eos), "<|im_end|>");
  assert.equal(vocabulary().addsBos, false);
  assert.equal(vocabulary().addsEos, false);
  assert.equal(name(vocabulary().endOfTurn), "<|endoftext|>");
  assert.equal(name(vocabulary().newline), "\n");
  assert.deepEqual([...vocabulary().suppressed], []);
  assert.equal(name(vocabulary().fimMiddle), "none");
  assert.equal(vocabulary().isControl(vocabulary().bos ?? -1), true);
  assert.equal(vocabulary().isControl(vocabulary().newline ?? -1), false);
  assert.throws(() => vocabulary().isControl(vocabulary().size), RangeError);
});

/** A tokenizer of bytes can give back those that it has a token of one byte for; SmolLM2 lacks a few that are rare in text. */
function knownBytes(): Set<number> {
  const known = new Set<number>();
  for (let token = 0; token < vocabulary().size; token++) {
    const [byte, ...rest] = vocabulary().piece(token);
    if (byte !== undefined && rest.length === 0) known.add(byte);
  }
  return known;
}

function bytesOf(tokens: Iterable<number>, special = false): Uint8Array {
  return new Uint8Array([...tokens].flatMap((token) => [...vocabulary().piece(token, special)]));
}

function textOf(tokens: Iterable<number>, special = false): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesOf(tokens, special));
}
