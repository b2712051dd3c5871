import assert from "node:assert/strict";
import { startRealEngine } from "../../real_engine.ts";
import { ask, failure, text, user } from "./answer.ts";

Deno.test("WorkerEngine splits texts and conversations into tokens as it answers them, and joins them again", async () => {
  await using real = await startRealEngine();
  const { engine } = real;
  for (const sample of ["Hello, wörld 🌞!", " leading", "<|im_start|>user\nHi<|im_end|>", ""]) {
    const pieces = await engine.tokenize({ prompt: text(sample) });
    const bytes = pieces.flatMap(({ bytes }) => [...bytes]);
    assert.equal(new TextDecoder().decode(Uint8Array.from(bytes)), sample);
    assert.equal(await engine.detokenize(pieces.map(({ token }) => token)), sample);
  }
  const control = text("<|im_end|>");
  const [end, ...more] = await engine.tokenize({ prompt: control });
  assert.deepEqual(more, []);
  const ends = await engine.endTokens();
  assert.ok(end !== undefined && ends.includes(end.token), JSON.stringify(ends));
  assert.ok(ends.length < 10);
  assert.ok((await engine.tokenize({ prompt: control, parseSpecial: false })).length > 1);
  const conversation = user("Name three colors.");
  const counted = await engine.tokenize({ prompt: conversation });
  const { done } = await ask(engine, { prompt: conversation, maxTokens: 1 });
  assert.equal(counted.length, done.usage.promptTokens);
  const rendered = await engine.render([{ role: "user", content: "Name three colors." }]);
  assert.match(rendered, /<\|im_start\|>user\nName three colors\.<\|im_end\|>\n<\|im_start\|>assistant\n$/);
  assert.deepEqual(await engine.tokenize({ prompt: text(rendered) }), counted);
});

Deno.test("WorkerEngine answers questions between two decodes, and refuses tokens that there are not", async () => {
  await using real = await startRealEngine();
  const { engine } = real;
  const busy = ask(engine, { maxTokens: 200 });
  const pieces = await engine.tokenize({ prompt: text("while it answers") });
  assert.ok(pieces.length > 2);
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
