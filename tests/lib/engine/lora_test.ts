import assert from "node:assert/strict";
import { join } from "node:path";
import { openByteSource } from "../../../lib/container/mod.ts";
import { readGguf } from "../../../lib/gguf/mod.ts";
import { findPeer } from "../../parity/peer.ts";
import { post, startPeerWith } from "../../parity/peer_with.ts";
import { realModel } from "../../real_engine.ts";
import { makeAdapter } from "../gguf/made_models.ts";
import { failure } from "./answer.ts";
import { engineOf, say } from "./engine_of.ts";

const prompt = { kind: "text", text: "Once upon a time there was a" } as const;
const peer = findPeer();

/** Two random adapters for SmolLM2. */
async function withAdapters(test: (paths: [string, string], model: string) => Promise<void>): Promise<void> {
  const model = await realModel();
  const folder = await Deno.makeTempDir({ prefix: "packllama-lora-" });
  try {
    const paths: [string, string] = [join(folder, "one.gguf"), join(folder, "two.gguf")];
    using source = openByteSource(model);
    const gguf = readGguf(source);
    await Deno.writeFile(paths[0], makeAdapter(gguf, { seed: 1 }));
    await Deno.writeFile(paths[1], makeAdapter(gguf, { seed: 999, targets: /ffn_down\.weight$/, rank: 2 }));
    await test(paths, model);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an adapter changes the answer, and by scale 0 nothing", async () => {
  await withAdapters(async ([path], model) => {
    await using plain = await engineOf(model);
    const expected = await say(plain.engine, { prompt });
    await using with0 = await engineOf(model, { lora: [{ path, scale: 0 }] });
    assert.equal(await say(with0.engine, { prompt }), expected);
    const changed = await say(with0.engine, { prompt, lora: [{ id: 0, scale: 1 }] });
    assert.notEqual(changed, expected);
    await using with1 = await engineOf(model, { lora: [{ path, scale: 1 }] });
    assert.equal(await say(with1.engine, { prompt }), changed);
    assert.equal(await say(with1.engine, { prompt, lora: [] }), expected);
    await assert.rejects(
      say(with1.engine, { prompt, lora: [{ id: 1, scale: 1 }] }),
      failure("invalid_value", /adapter 1/),
    );
  });
});

Deno.test("requests at once with scales of their own get what each gets alone", async () => {
  await withAdapters(async (paths, model) => {
    await using open = await engineOf(model, {
      lora: paths.map((path) => ({ path, scale: 1 })),
      cacheBytes: 1e8,
      // In one pool the order of the cells depends on the others, and rounding on that order.
      context: { layout: "split", contextLength: 2048 },
    });
    const scales = [[0, 0], [1, 0], [0, 1], [0.5, -0.5]];
    const inputs = scales.map((each) => ({
      prompt,
      maxTokens: 24,
      lora: each.map((scale, id) => ({ id, scale })),
    }));
    const alone: string[] = [];
    for (const input of inputs) alone.push(await say(open.engine, { ...input, cachePrompt: false }));
    assert.equal(new Set(alone).size, scales.length, "the scales make a difference");
    // Twice, so that cells and saved states of one variant are there when another asks for the same tokens.
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(await Promise.all(inputs.map((input) => say(open.engine, input))), alone);
    }
  });
});

Deno.test({
  name: `adapters give llama-server's text${peer === undefined ? " (skipped: no PEER_BIN)" : ""}`,
  ignore: peer === undefined,
  fn: async () => {
    await withAdapters(async (paths, model) => {
      const lora = [{ path: paths[0], scale: 0.75 }, { path: paths[1], scale: 1 }];
      const scaled = `${paths[0]}:0.75,${paths[1]}:1`;
      await using theirs = await startPeerWith(peer ?? "", ["-m", model, "-c", "512", "--lora-scaled", scaled]);
      await using ours = await engineOf(model, { lora });
      for (const text of [prompt.text, "def add(a, b):", "The three primary colors are"]) {
        const request = { prompt: text, n_predict: 24, temperature: 0, cache_prompt: false };
        const { content } = await post(`${theirs.url}/completion`, request);
        assert.equal(await say(ours.engine, { prompt: { kind: "text", text }, maxTokens: 24 }), content);
      }
    });
  },
});
