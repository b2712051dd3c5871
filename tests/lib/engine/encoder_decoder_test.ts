import assert from "node:assert/strict";
import { Batch, Context, Library, Model } from "../../../ffi/mod.ts";
import { realLibraries } from "../../real_engine.ts";
import { makeTinyT5 } from "../gguf/made_models.ts";
import { failure } from "./answer.ts";
import { engineOf, say } from "./engine_of.ts";

const PROMPTS = ["translate: good evening", "a", "the storm went on and on", "translate: good morning"];
const TOKENS = 24;

/** Greedy answers by a plain loop: encode, then one token after the other from the decoder's start token. */
async function expected(path: string): Promise<string[]> {
  using library = new Library(await realLibraries(), { log: () => {} });
  using model = new Model(library, { path, offset: 0 });
  const { vocabulary } = model;
  return PROMPTS.map((prompt) => {
    using context = new Context(model, {
      contextLength: 256,
      batchSize: 128,
      ubatchSize: 128,
      sequences: 1,
      threads: 1,
      batchThreads: 1,
      unified: true,
    });
    const batch = new Batch(128);
    const tokens = vocabulary.tokenize(prompt, { addSpecial: true, parseSpecial: true });
    for (const [position, token] of tokens.entries()) batch.add(token, { sequence: 0, position, output: true });
    context.encode(batch);
    const answer: number[] = [];
    let token = model.decoderStartToken ?? -1;
    for (let position = 0; position < TOKENS; position++) {
      batch.clear();
      const index = batch.add(token, { sequence: 0, position, output: true });
      assert.equal(context.decode(batch), "ok");
      const logits = context.logits(index);
      token = logits.reduce((best, logit, i) => logit > (logits[best] ?? -Infinity) ? i : best, 0);
      if (vocabulary.isEndOfGeneration(token)) break;
      answer.push(token);
    }
    const bytes = answer.flatMap((token) => [...vocabulary.piece(token)]);
    return new TextDecoder().decode(Uint8Array.from(bytes));
  });
}

Deno.test("an encoder-decoder model answers each prompt as a plain loop does, one after the other", async () => {
  const path = await Deno.makeTempFile({ suffix: ".gguf" });
  try {
    await Deno.writeFile(path, makeTinyT5());
    const answers = await expected(path);
    assert.equal(new Set(answers).size, PROMPTS.length, "the prompts make a difference");
    await using open = await engineOf(path, { context: { contextLength: 256 }, cacheBytes: 1e6 });
    const { engine } = open;
    const prompts = PROMPTS.map((text) => ({ kind: "text", text }) as const);
    for (let i = 0; i < 2; i++) {
      assert.deepEqual(
        await Promise.all(prompts.map((prompt) => say(engine, { prompt, maxTokens: TOKENS, speculation: true }))),
        answers,
      );
    }
    const [prompt = { kind: "text", text: "" } as const] = prompts;
    let usage = { promptTokens: 0, completionTokens: 0 };
    for await (const event of engine.generate({ prompt, sampling: {}, maxTokens: 8 })) {
      if (event.type === "done") usage = event.usage;
    }
    assert.ok(usage.promptTokens > 10 && usage.completionTokens === 8, JSON.stringify(usage));
    const long = { kind: "text", text: "x".repeat(200) } as const;
    await assert.rejects(
      say(engine, { prompt: long }),
      failure("context_length_exceeded", /^The prompt is too long: .*encoder reads 128/),
    );
    // The encoder alone embeds.
    const { embeddings } = await engine.embed({ inputs: ["a", "b"] });
    assert.notDeepEqual(embeddings[0], embeddings[1]);
  } finally {
    await Deno.remove(path);
  }
});
