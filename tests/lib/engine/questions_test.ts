import assert from "node:assert/strict";
import { startRealEngine } from "../../real_engine.ts";
import { text } from "./answer.ts";

Deno.test("WorkerEngine goes on answering while others ask its tokenizer without a pause", async () => {
  await using real = await startRealEngine({ context: { contextLength: 8192 } });
  const { engine } = real;
  let done = false;
  let asked = 0;
  const prompt = text("The storm went on and on, and the keeper lit his lamp. ".repeat(1200));
  const ask = async (): Promise<void> => {
    while (!done && asked < 2000) {
      asked++;
      await engine.tokenize({ prompt });
    }
  };
  const asking = Promise.all(Array.from({ length: 40 }, ask));
  const events = await Array.fromAsync(
    engine.generate({ prompt: text("Once upon a time"), sampling: { ignoreEos: true }, maxTokens: 30 }),
  );
  done = true;
  const askedMeanwhile = asked;
  await asking;
  assert.equal(events.at(-1)?.type, "done");
  // Not all forty before each of its tokens.
  assert.ok(askedMeanwhile < 600, `${askedMeanwhile} questions were answered before 30 tokens`);
});

Deno.test("WorkerEngine asks for the end tokens again after a time at which it could not", async () => {
  await using real = await startRealEngine({ queue: 0 });
  const { engine } = real;
  const { parallel } = await engine.ready();
  const busy = Array.from(
    { length: parallel },
    () => Array.fromAsync(engine.generate({ prompt: text("a"), sampling: { ignoreEos: true }, maxTokens: 5 })),
  );
  // The renderings of the prompts come first.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await assert.rejects(engine.endTokens(), /wait already/);
  await Promise.all(busy);
  assert.ok((await engine.endTokens()).length > 0);
});
