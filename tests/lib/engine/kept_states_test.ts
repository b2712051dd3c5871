import assert from "node:assert/strict";
import type { Engine, Usage } from "../../../lib/engine/mod.ts";
import { keepStates, type KeptStates, restoreStates } from "../../../lib/engine/kept_states.ts";
import { type SavedState, StateCache } from "../../../lib/engine/state_cache.ts";
import { writeStateFile } from "../../../lib/engine/state_file.ts";
import { plainState } from "../../ffi/make_state.ts";
import { realModel } from "../../real_engine.ts";
import { makeScratch, type Scratch } from "../container/scratch.ts";
import { type EngineOf, engineOf } from "./engine_of.ts";

const KEY = "some key";

function saved(...tokens: number[]): SavedState {
  return { tokens: Int32Array.from(tokens), state: plainState(Int32Array.from(tokens)), variant: "" };
}

function makeCache(): StateCache {
  return new StateCache(1000, { divisibleTo: Infinity });
}

/** Options as the engine gives them, and what was warned of. */
function kept(scratch: Scratch, changes: Partial<KeptStates> = {}): { options: KeptStates; warnings: string[] } {
  const warnings: string[] = [];
  const options: KeptStates = {
    states: [],
    promptCache: scratch.path("cache"),
    stateKey: KEY,
    cacheBytes: 1000,
    contextLength: 100,
    warn: (text) => void warnings.push(text),
    ...changes,
  };
  return { options, warnings };
}

function firstTokens(cache: StateCache): number[] {
  return [...cache].map(({ tokens }) => tokens[0] ?? 0);
}

Deno.test("states that were kept are restored, those of the model for good", async () => {
  using scratch = makeScratch();
  const packed = scratch.path("packed");
  await writeStateFile(packed, KEY, [saved(9, 8, 7)]);
  const states = [{ path: packed, offset: 0, size: Deno.statSync(packed).size }];
  const { options, warnings } = kept(scratch, { states });
  const [before, after] = [makeCache(), makeCache()];
  for (const each of [saved(1), saved(2), saved(3)]) before.add(each);
  await keepStates(before, options);
  restoreStates(after, options);
  assert.deepEqual(firstTokens(after), [1, 2, 3]);
  assert.equal(after.find([9, 8, 7, 6], "")?.common, 3);
  assert.deepEqual(warnings, []);
});

Deno.test("a prompt cache that is not there yet is no news", () => {
  using scratch = makeScratch();
  const { options, warnings } = kept(scratch);
  restoreStates(makeCache(), options);
  assert.deepEqual(warnings, []);
});

Deno.test("a damaged file of states is warned of, and nothing of it is used", async () => {
  using scratch = makeScratch();
  const { options, warnings } = kept(scratch);
  const [before, after] = [makeCache(), makeCache()];
  before.add(saved(1));
  before.add(saved(2));
  await keepStates(before, options);
  const bytes = Deno.readFileSync(scratch.path("cache"));
  // In the state that is read last.
  bytes[bytes.length - 100] = 99;
  Deno.writeFileSync(scratch.path("cache"), bytes);
  restoreStates(after, options);
  assert.deepEqual(firstTokens(after), []);
  assert.match(warnings.join(), /^Cannot use the KV states in ".*cache": .*SHA-256.*computed anew$/);
  const missing = kept(scratch, { states: [{ path: scratch.path("gone"), offset: 0, size: 9 }] });
  restoreStates(after, missing.options);
  assert.equal(missing.warnings.length, 2);
});

Deno.test("a state that llama.cpp would not have written is passed over with a warning, though its hash is right", async () => {
  using scratch = makeScratch();
  const { state, ...rest } = saved(5, 6, 7);
  // The position of its second cell.
  new DataView(state.buffer).setInt32(28, -1, true);
  const packed = scratch.path("packed");
  for (const path of [packed, scratch.path("cache")]) {
    await writeStateFile(path, KEY, [saved(1, 2), { ...rest, state }]);
  }
  const states = [{ path: packed, offset: 0, size: Deno.statSync(packed).size }];
  const { options, warnings } = kept(scratch, { states });
  const cache = makeCache();
  restoreStates(cache, options);
  assert.deepEqual(firstTokens(cache), [1]);
  assert.equal(cache.find([5, 6, 7], ""), undefined);
  assert.equal(warnings.length, 2);
  for (const warning of warnings) {
    assert.match(
      warning,
      /^One of the KV states in ".*", of 3 tokens, has a cell at position -1, expected .*; it is passed over$/,
    );
  }
});

Deno.test("an empty prompt cache is no news, and is written", async () => {
  using scratch = makeScratch();
  const { options, warnings } = kept(scratch);
  scratch.write("cache", "");
  const cache = makeCache();
  restoreStates(cache, options);
  cache.add(saved(1));
  await keepStates(cache, options);
  restoreStates(makeCache(), options);
  assert.deepEqual(warnings, []);
  assert.notEqual(Deno.statSync(scratch.path("cache")).size, 0);
});

Deno.test("a file that has come to be where the prompt cache was to be stays", async () => {
  using scratch = makeScratch();
  const cache = makeCache();
  cache.add(saved(1));
  for (const text of ["Dear diary", "GGUF", "PLSTATE"]) {
    const { options, warnings } = kept(scratch);
    scratch.write("cache", text);
    await keepStates(cache, options);
    assert.equal(Deno.readTextFileSync(scratch.path("cache")), text);
    assert.match(
      warnings.join(),
      /^Cannot keep KV states in ".*cache": .* begins with ".*", expected "PLSTATES"; name /,
    );
  }
  assert.deepEqual(scratch.names(), ["cache"]);
  const { options, warnings } = kept(scratch);
  scratch.write("cache", "PLSTATES, cut off");
  await keepStates(cache, options);
  assert.deepEqual(warnings, []);
  restoreStates(makeCache(), options);
  assert.deepEqual(warnings, []);
});

Deno.test("without a key, and where there is nothing to keep, no file is written", async () => {
  using scratch = makeScratch();
  const cache = makeCache();
  await keepStates(cache, kept(scratch).options);
  cache.add(saved(1));
  const { stateKey: _, ...keyless } = kept(scratch).options;
  await keepStates(cache, keyless);
  assert.deepEqual(scratch.names(), []);
});

Deno.test("a prompt cache that cannot be written is warned of", async () => {
  using scratch = makeScratch();
  const { options, warnings } = kept(scratch, { promptCache: scratch.path("no folder/cache") });
  const cache = makeCache();
  cache.add(saved(1));
  await keepStates(cache, options);
  assert.match(warnings.join(), /^Cannot write the prompt cache ".*no folder\/cache": /);
});

const STORY = "Once there was a harbour town with a library in it. " +
  "Every evening the keeper of the library lit a lamp, counted the books, and wrote the number on the wall. ".repeat(4);

async function ask(engine: Engine, text: string): Promise<{ said: string; usage: Usage | undefined }> {
  let [said, usage]: [string, Usage | undefined] = ["", undefined];
  for await (const event of engine.generate({ prompt: { kind: "text", text }, sampling: {}, maxTokens: 12 })) {
    if (event.type === "text") said += event.text;
    if (event.type === "done") usage = event.usage;
  }
  return { said, usage };
}

Deno.test("an engine goes on from what another one kept, in either layout and whatever the number of sequences", async () => {
  using scratch = makeScratch();
  const path = await realModel();
  const settings = { cacheBytes: 2 ** 30, promptCache: scratch.path("cache") };
  const run = async (changes: EngineOf): Promise<{ said: string; usage: Usage | undefined }> => {
    await using opened = await engineOf(path, { ...settings, stateKey: KEY, ...changes });
    return await ask(opened.engine, STORY);
  };
  const cold = await run({ context: { layout: "split", parallel: 2 } });
  assert.equal(cold.usage?.cachedTokens, 0);
  const whole = (cold.usage?.promptTokens ?? 0) - 1;
  for (
    const context of [{ layout: "unified", parallel: 3 }, { layout: "split", parallel: 1 }, {
      layout: "split",
      parallel: 2,
    }] as const
  ) {
    const warm = await run({ context });
    assert.equal(warm.usage?.cachedTokens, whole, JSON.stringify(context));
    assert.equal(warm.said, cold.said);
  }
  assert.equal((await run({ stateKey: "another" })).usage?.cachedTokens, 0);
});

Deno.test("the beginning of several conversations is the tokens that all have in common", async () => {
  await using opened = await engineOf(await realModel(), {});
  const chats = ["a", "B", "c"].map((content) => ({
    messages: [{ role: "system", content: "Be brief." }, { role: "user", content }],
  }));
  const promptTokens = async (prompt: Parameters<Engine["generate"]>[0]["prompt"]): Promise<number> => {
    for await (const event of opened.engine.generate({ prompt, sampling: {}, maxTokens: 1 })) {
      if (event.type === "done") return event.usage.promptTokens;
    }
    return 0;
  };
  const system = "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n";
  assert.equal(
    await promptTokens({ kind: "beginning", chats }),
    await promptTokens({ kind: "text", text: system }),
  );
});
