import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineError } from "../../lib/errors.ts";
import { checkOptions } from "../../lib/option_line.ts";
import { compareTexts } from "../../server/receipts/compare_texts.ts";
import { optionsOfReceipt } from "../../server/receipts/mod.ts";
import { parseReceipt } from "../../server/receipts/read_receipt.ts";
import { fromRecordedSampling, toRecordedSampling } from "../../server/receipts/receipt_sampling.ts";
import type { Receipt } from "../../server/schemas/mod.ts";
import { FakeEngine } from "./fake_engine.ts";
import { receiptApp } from "./receipts.ts";
import { MESSAGES, post } from "./requests.ts";

const NAME = '"receipt.json"';

/** An answer that carries a receipt, with something in each of its lists. */
async function makeAnswer(): Promise<{ receipt: Receipt }> {
  const bias = [[5, 1.5], ["word", false]];
  const body = { messages: MESSAGES, receipt: true, stop: ["x"], logit_bias: bias, repeat_penalty: 1.1 };
  return await (await post(receiptApp(new FakeEngine()), body)).json();
}

/** Parses, and sees to it that what is refused is refused in one line that names the file. */
function tryToParse(text: string): Receipt | undefined {
  try {
    return parseReceipt(text, NAME);
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, "bad_file");
    assert.match(error.message, /^Cannot read the receipt from "receipt\.json": [^\r\n]+$/);
    return undefined;
  }
}

Deno.test("a receipt, and an answer that carries one, are read back as they were written", async () => {
  const answer = await makeAnswer();
  assert.deepEqual(parseReceipt(JSON.stringify(answer.receipt), NAME), answer.receipt);
  assert.deepEqual(parseReceipt(JSON.stringify(answer, null, 2), NAME), answer.receipt);
  const { sampling } = answer.receipt.request;
  assert.deepEqual(toRecordedSampling(fromRecordedSampling(sampling)), sampling);
  assert.deepEqual(fromRecordedSampling(sampling).logitBias, [{ token: 5, bias: 1.5 }, {
    token: "word",
    bias: -Infinity,
  }]);
});

Deno.test("what is no receipt is refused with one line that says what is wrong", async () => {
  const { receipt } = await makeAnswer();
  const cases: [unknown, RegExp][] = [
    ["{", /not valid JSON/],
    ["", /not valid JSON/],
    [[], /neither a receipt nor an answer/],
    [null, /neither a receipt nor an answer/],
    [{ object: "chat.completion" }, /neither a receipt nor an answer/],
    [{ receipt: 5 }, /neither a receipt nor an answer/],
    [{ ...receipt, format: 2 }, /"format": expected 1, found 2/],
    [{ ...receipt, created: "today" }, /"created": expected a.*, found "today"/],
    [{ ...receipt, answer: { ...receipt.answer, sha256: "ABC" } }, /"answer\.sha256": expected a SHA-256.*"ABC"/],
    [{ ...receipt, request: { ...receipt.request, prompt: { kind: "song" } } }, /"request\.prompt(\.kind)?"/],
    [{ ...receipt, model: undefined }, /Missing "model"/],
  ];
  for (const [value, about] of cases) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    assert.throws(() => parseReceipt(text, NAME), about);
    assert.equal(tryToParse(text), undefined);
  }
});

Deno.test("any text is a receipt or refused with one line", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => void tryToParse(text)),
    { numRuns: 500 },
  );
});

Deno.test("a receipt that was changed anywhere is refused with one line, or is still one whose every value can be used", async () => {
  const answer = await makeAnswer();
  const paths = pathsOf(answer.receipt);
  assert.ok(paths.length > 100, `${paths.length} places to change`);
  let [taken, refused] = [0, 0];
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 1 }),
    fc.constantFrom(-1, 2 ** 31, 2 ** 53, 1e308, -1e308, 0.5, "", "\n", "a".repeat(64), [], {}, null, undefined, true),
  );
  fc.assert(
    fc.property(fc.constantFrom(...paths), value, (path, value) => {
      const text = JSON.stringify(replaced(answer.receipt, path, value));
      const parsed = tryToParse(text);
      if (parsed === undefined) return void refused++;
      taken++;
      assert.deepEqual(parseReceipt(JSON.stringify(parsed), NAME), parsed);
      const { seed, topK, temperature } = fromRecordedSampling(parsed.request.sampling);
      assert.ok(Number.isInteger(seed) && seed >= 0 && Number.isInteger(topK) && topK >= 0);
      assert.ok(Number.isFinite(temperature) && temperature >= 0);
      try {
        checkOptions(optionsOfReceipt(parsed));
      } catch (error) {
        assert.ok(error instanceof EngineError && error.code === "bad_file", String(error));
        assert.doesNotMatch(error.message, /\n/);
      }
    }),
    { numRuns: 3000 },
  );
  assert.ok(taken > 100 && refused > 100, `${taken} taken, ${refused} refused`);
});

Deno.test("compareTexts names the first character that differs, and what is around it", () => {
  assert.equal(compareTexts("same", "same"), undefined);
  assert.equal(compareTexts("abX", "abY"), 'at character 2: found "abX", expected "abY"');
  assert.equal(compareTexts("ab", "abc"), 'at character 2: found "ab", expected "abc"');
  assert.equal(compareTexts("🦙a", "🦙\n"), 'at character 1: found "🦙a", expected "🦙\\n"');
  const [long, other] = ["x".repeat(100) + "a" + "y".repeat(100), "x".repeat(100) + "b"];
  assert.equal(
    compareTexts(long, other),
    `at character 100: found …"${"x".repeat(20)}a${"y".repeat(39)}"…, expected …"${"x".repeat(20)}b"`,
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      assert.equal(compareTexts(a, b) === undefined, a === b);
    }),
  );
});

/** Where values lie, the root left out. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  const inner = typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, each]) => pathsOf(each, [...path, key]))
    : [];
  return path.length === 0 ? inner : [path, ...inner];
}

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((each, i) => String(i) === key ? replaced(each, rest, by) : each);
  assert.ok(typeof value === "object" && value !== null);
  return { ...value, [key]: replaced(Reflect.get(value, key), rest, by) };
}
