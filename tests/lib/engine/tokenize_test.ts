import assert from "node:assert/strict";
import { startRealEngine } from "../../real_engine.ts";
import { ask, failure, text, user } from "./answer.ts";

Deno.test("WorkerEngine splits texts and conversations into tokens as it answers them, and joins them again", async () => {
  await using real = await startRealEngine();
  const { engine } = real;
  for (const sample of ["Hello, wörld 🌞!", " leading", "<|im_start|>user\nHi<|im_end|>", ""]) {
    const tokens = await engine.tokenize({ prompt: text(sample) });
    const pieces = await engine.pieces(tokens);
    assert.equal(pieces.length, tokens.length);
    assert.equal(new TextDecoder().decode(Uint8Array.from(pieces.flatMap((bytes) => [...bytes]))), sample);
    assert.equal(await engine.detokenize(tokens), sample);
  }
  const control = text("<|im_end|>");
  const [end, ...more] = await engine.tokenize({ prompt: control });
  assert.deepEqual(more, []);
  const ends = await engine.endTokens();
  assert.ok(end !== undefined && ends.includes(end), JSON.stringify(ends));
  assert.ok(ends.length < 10);
  assert.ok((await engine.tokenize({ prompt: control, parseSpecial: false })).length > 1);
  const conversation = user("Name three colors.");
  const counted = await engine.tokenize({ prompt: conversation });
  const { done } = await ask(engine, { prompt: conversation, maxTokens: 1 });
  assert.equal(counted.length, done.usage.promptTokens);
  const rendered = await engine.render({ messages: [{ role: "user", content: "Name three colors." }] });
  assert.match(rendered, /<\|im_start\|>user\nName three colors\.<\|im_end\|>\n<\|im_start\|>assistant\n$/);
  assert.deepEqual(await engine.tokenize({ prompt: text(rendered) }), counted);
});

Deno.test("WorkerEngine answers questions between two decodes, and refuses tokens that there are not", async () => {
  await using real = await startRealEngine();
  const { engine } = real;
  const busy = ask(engine, { maxTokens: 200 });
  const tokens = await engine.tokenize({ prompt: text("while it answers") });
  assert.ok(tokens.length > 2);
  await busy;
  for (const wrong of [[-1], [0.5], [49152]]) {
    await assert.rejects(engine.detokenize(wrong), failure("invalid_value", /"tokens" has the token .* 0 to 49151/));
    await assert.rejects(engine.tokenize({ prompt: { kind: "tokens", tokens: wrong } }), failure("invalid_value"));
  }
  const gap = { kind: "infill", before: "def add(a, b):", after: "return c" } as const;
  const { infills } = await engine.ready();
  if (infills) assert.ok((await engine.tokenize({ prompt: gap })).length > 8);
  else await assert.rejects(engine.tokenize({ prompt: gap }), failure("invalid_value", /no tokens to fill a gap with/));
});

Deno.test("WorkerEngine counts questions to the tokenizer in its queue, and bounds them", async () => {
  await using real = await startRealEngine({ queue: 3 });
  const { engine } = real;
  const { parallel, contextLength } = await engine.ready();
  const asked = Array.from({ length: parallel + 4 }, () => engine.tokenize({ prompt: text("a") }));
  const outcomes = await Promise.allSettled(asked);
  const refused = outcomes.filter((outcome) => outcome.status === "rejected").map(({ reason }) => reason);
  assert.equal(refused.length, 1);
  assert.ok(failure("overloaded")(refused[0]));
  assert.deepEqual(await engine.detokenize([]), "");
  const many = new Int32Array(contextLength * 16 + 1);
  for (const question of [engine.pieces(many), engine.detokenize(many)]) {
    await assert.rejects(question, failure("invalid_value", /"tokens" has \d+ tokens, at most \d+ are taken at once/));
  }
});
