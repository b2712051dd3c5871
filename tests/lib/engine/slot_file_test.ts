import assert from "node:assert/strict";
import { makeScratch } from "../container/scratch.ts";
import { realModel } from "../../real_engine.ts";
import { failure } from "./answer.ts";
import { engineOf } from "./engine_of.ts";

const PROMPT = `Once upon a time ${"there was a king who counted his sheep, ".repeat(8)}`;

Deno.test("a slot is saved, erased and restored, and a prompt goes on from it; nothing else is taken for its file", async () => {
  using scratch = makeScratch();
  const path = scratch.path("slot.bin");
  const options = { stateKey: "some key", cacheBytes: 0, context: { layout: "split" as const, contextLength: 2048 } };
  const model = await realModel();
  let first: string;
  let saved: number;
  {
    await using open = await engineOf(model, options);
    const { engine } = open;
    first = await sayPrompt(engine);
    const held = (await engine.slots()).find(({ tokens }) => tokens > 0);
    assert.ok(held);
    const change = await engine.changeSlot(held.index, { kind: "save", path });
    assert.deepEqual(change, { tokens: held.tokens, bytes: Deno.statSync(path).size });
    saved = change.tokens;
    assert.deepEqual(await engine.changeSlot(held.index, { kind: "erase" }), { tokens: saved, bytes: 0 });
    assert.ok((await engine.slots()).every(({ tokens }) => tokens === 0));
    await assert.rejects(
      engine.changeSlot(held.index, { kind: "save", path }),
      failure("invalid_value", /holds nothing/),
    );
    await assert.rejects(engine.changeSlot(99, { kind: "erase" }), failure("invalid_value", /There is no slot 99/));
  }
  await using open = await engineOf(model, options);
  const { engine } = open;
  assert.equal((await engine.changeSlot(1, { kind: "restore", path })).tokens, saved);
  assert.equal((await engine.slots())[1]?.tokens, saved);
  let cached = 0;
  assert.equal(await sayPrompt(engine, (count) => cached = count), first);
  assert.ok(cached > 50, `${cached} tokens from the cache`);
  const restore = (name: string): Promise<unknown> =>
    engine.changeSlot(0, { kind: "restore", path: scratch.path(name) });
  await assert.rejects(restore("gone"), failure("bad_file", /There is no file/));
  scratch.write("other", "something else that is long enough to be read as a head of such a file");
  await assert.rejects(restore("other"), failure("bad_file", /no file of KV states/));
  await assert.rejects(
    engine.changeSlot(1, { kind: "save", path: scratch.path("other") }),
    failure("usage", /it is no file of KV states/),
  );
  await using elsewhere = await engineOf(model, { ...options, stateKey: "another key" });
  await assert.rejects(
    elsewhere.engine.changeSlot(0, { kind: "restore", path }),
    failure("bad_file", /no state of this model, engine and settings/),
  );
});

Deno.test("a slot at work is neither erased nor filled, and told as such", async () => {
  await using open = await engineOf(await realModel(), { stateKey: "some key", context: { contextLength: 2048 } });
  const { engine } = open;
  const leave = new AbortController();
  const answer = engine.generate(
    { prompt: { kind: "text", text: PROMPT }, sampling: { ignoreEos: true }, maxTokens: 400 },
    leave.signal,
  );
  const events = answer[Symbol.asyncIterator]();
  await events.next();
  const busy = (await engine.slots()).find(({ sequence }) => sequence !== undefined);
  assert.ok(busy?.sequence && busy.tokens > 50);
  assert.ok(busy.sequence.promptTokens > 50 && busy.sequence.completionTokens > 0 && busy.sequence.tokensLeft < 400);
  await assert.rejects(engine.changeSlot(busy.index, { kind: "erase" }), failure("overloaded", /is at work/));
  leave.abort();
  await assert.rejects(async () => {
    while (!(await events.next()).done);
  }, failure("cancelled"));
});

async function sayPrompt(
  engine: Awaited<ReturnType<typeof engineOf>>["engine"],
  onCached: (count: number) => void = (): void => {},
): Promise<string> {
  let text = "";
  const prompt = { kind: "text", text: PROMPT } as const;
  for await (const event of engine.generate({ prompt, sampling: { temperature: 0 }, maxTokens: 12 })) {
    if (event.type === "text") text += event.text;
    if (event.type === "done") onCached(event.usage.cachedTokens);
  }
  return text;
}
