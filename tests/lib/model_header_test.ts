import assert from "node:assert/strict";
import { join } from "node:path";
import { openByteSource, openModelFile } from "../../lib/container/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { readGguf } from "../../lib/gguf/mod.ts";
import { type ModelHeader, readModelHeader } from "../../lib/model_header.ts";
import { realModel } from "../real_engine.ts";
import { engineOf, say } from "./engine/engine_of.ts";
import { splitModel } from "./gguf/made_models.ts";
import { makeGguf } from "./gguf/make_gguf.ts";
import { scalar } from "./gguf/remake_gguf.ts";

const name = (no: number, count = 3): string => `smol-0000${no}-of-0000${count}.gguf`;

/** SmolLM2 in three parts, in a folder of their own. */
async function withParts(test: (folder: string, whole: string) => Promise<void> | void): Promise<void> {
  const whole = await realModel();
  const folder = await Deno.makeTempDir({ prefix: "packllama-split-" });
  try {
    using source = openByteSource(whole);
    for (const [i, bytes] of splitModel(readGguf(source), 3).entries()) {
      await Deno.writeFile(join(folder, name(i + 1)), bytes);
    }
    await test(folder, whole);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function read(path: string): ModelHeader {
  using model = openModelFile(path);
  return readModelHeader(model);
}

function refusal(path: string): string {
  try {
    read(path);
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  throw new assert.AssertionError({ message: "it was not refused" });
}

Deno.test("a split model counts all its parts, whichever is named", async () => {
  await withParts((folder, whole) => {
    const expected = read(whole);
    assert.equal(expected.parts, undefined);
    for (const no of [1, 2, 3]) {
      const { facts, parts } = read(join(folder, name(no)));
      assert.deepEqual(parts, [1, 2, 3].map((no) => join(folder, name(no))));
      assert.deepEqual(facts, { ...expected.facts, splitCount: 3 });
    }
  });
});

Deno.test("a split model answers as the whole one", async () => {
  await withParts(async (folder, whole) => {
    const prompt = { kind: "text", text: "The capital of France is" } as const;
    const answers: string[] = [];
    for (const splits of [undefined, read(join(folder, name(1))).parts]) {
      await using open = await engineOf(whole, {
        model: splits === undefined ? { path: whole, offset: 0 } : { path: "unused", offset: 0, splits },
      });
      answers.push(await say(open.engine, { prompt }));
    }
    assert.equal(answers[1], answers[0]);
    assert.notEqual(answers[0], "");
  });
});

Deno.test("a part that is missing, foreign, of another number or renamed is said in one line", async () => {
  await withParts(async (folder) => {
    const [first, second, third] = [1, 2, 3].map((no) => join(folder, name(no)));
    assert.ok(first && second && third);
    const saved = await Deno.readFile(second);
    await Deno.remove(second);
    assert.match(refusal(first), /has 3 parts.*smol-00002-of-00003\.gguf": there is no such file/);
    await Deno.copyFile(third, second);
    assert.match(refusal(first), /smol-00002-of-00003\.gguf".* it is part 3 of 3, expected part 2 of 3/);
    const metadata = { "split.no": scalar("u16", 1), "split.count": scalar("u16", 3) };
    await Deno.writeFile(second, makeGguf({ metadata }));
    assert.match(refusal(first), /parts belong to different models/);
    await Deno.writeFile(second, makeGguf({ metadata: { ...metadata, "split.no": 1 } }));
    assert.match(refusal(first), /smol-00002-of-00003.*get the parts again/);
    await Deno.writeFile(second, saved.subarray(0, saved.length - 100));
    assert.match(refusal(first), /smol-00002-of-00003\.gguf": tensor .* truncated/);
    const renamed = join(folder, "model.gguf");
    await Deno.rename(first, renamed);
    assert.match(refusal(renamed), /one of 3 parts, but its name does not end like -00001-of-00003\.gguf/);
  });
});
