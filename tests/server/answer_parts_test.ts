import assert from "node:assert/strict";
import fc from "fast-check";
import type { GenerateEvent } from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { collectParts } from "../../server/routes/answer_parts.ts";
import { begunObject, parseObject } from "../../server/routes/begun_object.ts";
import { FakeEngine } from "./fake_engine.ts";
import { parts, type Piece } from "./part_script.ts";

async function collect(pieces: Piece[]): Promise<unknown[]> {
  const engine = new FakeEngine(parts(pieces));
  const answer = await collectParts(engine.generate({ prompt: { kind: "text", text: "" }, sampling: {} }));
  return answer.parts.map(({ logprobs: _, ...part }) => part);
}

Deno.test("parts of an answer are cut where another kind, or another call, begins", async () => {
  assert.deepEqual(
    await collect([
      { think: "a" },
      { think: "b" },
      { say: "" },
      { say: "c" },
      { say: "d" },
      { call: "f", id: "1", args: ["{", "}"] },
      { call: "f", id: "2", args: [] },
      { say: "e" },
    ]),
    [
      { kind: "reasoning", text: "ab" },
      { kind: "text", text: "cd" },
      { kind: "call", id: "1", name: "f", text: "{}" },
      { kind: "call", id: "2", name: "f", text: "" },
      { kind: "text", text: "e" },
    ],
  );
});

Deno.test("parts of an answer that says nothing are one empty text", async () => {
  assert.deepEqual(await collect([]), [{ kind: "text", text: "" }]);
  assert.deepEqual(await collect([{ say: "" }, { think: "" }]), [{ kind: "text", text: "" }]);
});

Deno.test("parts of an answer keep the log-probabilities of each, also of what has no text", async () => {
  const engine = new FakeEngine(
    parts([{ think: "a" }, { say: "" }, { say: "b" }, { call: "f", id: "1", args: ["{}"] }]),
  );
  const answer = await collectParts(engine.generate({ prompt: { kind: "text", text: "" }, sampling: {}, logprobs: 0 }));
  const tokens = answer.parts.map(({ kind, logprobs }) => [kind, logprobs.map(({ token }) => token)]);
  assert.deepEqual(tokens, [["reasoning", [0]], ["text", [1, 2]], ["call", [3, 4]]]);
});

Deno.test("parts of an answer have no arguments without a call", async () => {
  const events = (async function* (): AsyncGenerator<GenerateEvent> {
    yield { type: "arguments", index: 0, call: 0, text: "{}" };
  })();
  await assert.rejects(collectParts(events), (error) => error instanceof EngineError && error.code === "internal");
});

Deno.test("an object that is begun has its whole values, wherever it is cut off", () => {
  const cases: [string, unknown][] = [
    ["", {}],
    ["{", {}],
    ['{"a', {}],
    ['{"a"', {}],
    ['{"a":', {}],
    ['{"a":1', {}],
    ['{"a":1,', { a: 1 }],
    ['{"a":tru', {}],
    ['{"a":true}', { a: true }],
    ['{"a":"x', {}],
    ['{"a":"x"', { a: "x" }],
    ['{"a":"x\\"', {}],
    ['{"a":{"b":[1,"c', { a: { b: [1] } }],
    ['{"a":[[1],[2', { a: [[1], []] }],
    ['{"a":[],"b', { a: [] }],
    ['{"a":{"b":null},"c":', { a: { b: null } }],
    ["[1]", {}],
    ["nonsense", {}],
    ['{"a" "b" 5', {}],
  ];
  for (const [text, object] of cases) assert.deepEqual(begunObject(text), object, text);
});

Deno.test("an object that is begun only grows, and is the whole one at its end", () => {
  const object = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(fc.property(object, fc.nat(2), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    let keys = 0;
    for (let end = 0; end <= text.length; end++) {
      const begun = begunObject(text.slice(0, end));
      assert.ok(Object.keys(begun).length >= keys);
      keys = Object.keys(begun).length;
    }
    assert.deepEqual(begunObject(text), JSON.parse(text));
  }));
});

Deno.test("an object is told from what is none, and nothing throws", () => {
  assert.deepEqual(parseObject('{"a":1}'), { a: 1 });
  for (const text of ["", "[]", "null", "1", '"a"', "{", "{}x"]) assert.equal(parseObject(text), undefined, text);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const object = begunObject(text);
    assert.ok(typeof object === "object" && !Array.isArray(object));
  }));
});
