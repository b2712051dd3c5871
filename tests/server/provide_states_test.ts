import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import assert from "node:assert/strict";
import { relative } from "node:path";
import { openLlamafile, openModelFile, pack, WARM_NAME } from "../../lib/container/mod.ts";
import type { LoadOptions } from "../../lib/engine/mod.ts";
import { readModelHeader } from "../../lib/model_header.ts";
import { provideStates } from "../../server/provide_states.ts";
import { makeScratch, packOptions, type Scratch } from "../lib/container/scratch.ts";
import { failure } from "../lib/engine/answer.ts";

const STATE = new Uint8Array(300).fill(5);

/** A file with the KV state of a system prompt. */
async function packWarm(scratch: Scratch, name: string): Promise<string> {
  const output = scratch.path(name);
  await pack(packOptions(scratch, { output, warm: scratch.write("warm", STATE) }));
  return output;
}

/** What a model is given by an executable. */
function provide(
  modelPath: string,
  { executablePath = modelPath, promptCache }: { executablePath?: string; promptCache?: string } = {},
): LoadOptions {
  using executable = openLlamafile(executablePath);
  using model = openModelFile(modelPath);
  const load: LoadOptions = {
    libraries: [],
    model: { path: modelPath, offset: model.offset },
    context: {
      contextLength: 64,
      batchSize: 64,
      ubatchSize: 64,
      threads: 1,
      batchThreads: 1,
      parallel: 1,
      layout: "unified",
      shift: false,
    },
    cacheBytes: 0,
    states: [],
    verbose: false,
    ...(promptCache === undefined ? {} : { promptCache }),
  };
  return provideStates(load, { model, header: readModelHeader(model), executable });
}

/** Runs with the log in an array. */
function logged(test: () => void): string[] {
  const lines: string[] = [];
  const keep = ({ level, message }: LogRecord): void => void lines.push(`${level}: ${message.join("")}`);
  configureSync({
    reset: true,
    sinks: { keep },
    loggers: [
      { category: "packllama", sinks: ["keep"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "error" },
    ],
  });
  try {
    test();
  } finally {
    resetSync();
  }
  return lines;
}

Deno.test("states packed in the executable itself are provided, however it is named", async () => {
  using scratch = makeScratch();
  const path = await packWarm(scratch, "own.llamafile");
  const names = [path, relative(Deno.cwd(), path), scratch.path("./base/../own.llamafile"), scratch.path("hard")];
  Deno.linkSync(path, scratch.path("hard"));
  if (Deno.build.os !== "windows") {
    Deno.symlinkSync(path, scratch.path("soft"));
    names.push(scratch.path("soft"));
  }
  const lines = logged(() => {
    for (const name of names) {
      const { states: [state, ...others], stateKey } = provide(name, { executablePath: path });
      assert.ok(state, name);
      assert.deepEqual([others, state.path], [[], path]);
      assert.deepEqual(Deno.readFileSync(path).subarray(state.offset, state.offset + state.size), STATE);
      assert.match(stateKey ?? "", /^[0-9a-f]{64}$/);
    }
  });
  assert.deepEqual(lines, []);
});

Deno.test("states packed in another file than the executable are passed over, which is said", async () => {
  using scratch = makeScratch();
  const [own, other] = [await packWarm(scratch, "own.llamafile"), await packWarm(scratch, "other.llamafile")];
  const lines = logged(() => {
    const { states, stateKey } = provide(other, { executablePath: own });
    assert.deepEqual([states, stateKey], [[], undefined]);
    const kept = provide(other, { executablePath: own, promptCache: scratch.path("new") });
    assert.deepEqual(kept.states, []);
    assert.match(kept.stateKey ?? "", /^[0-9a-f]{64}$/);
  });
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /^warning: Passing over the KV state packed in ".*other\.llamafile": .* run that file /);
});

Deno.test("a model without packed states has none, whatever the executable has", async () => {
  using scratch = makeScratch();
  const own = await packWarm(scratch, "own.llamafile");
  const lines = logged(() => {
    assert.deepEqual(provide(scratch.path("tiny.gguf"), { executablePath: own }).states, []);
  });
  assert.deepEqual(lines, []);
  using file = openLlamafile(own);
  assert.ok(file.entries.some(({ name }) => name === WARM_NAME));
});

Deno.test("a prompt cache that is another file is refused before anything is read, and stays", async () => {
  using scratch = makeScratch();
  const own = await packWarm(scratch, "own.llamafile");
  const model = scratch.path("tiny.gguf");
  const expected = /^Cannot keep KV states in ".*": .*, it begins with ".*", expected "PLSTATES"; name a new file, or /;
  for (const promptCache of [scratch.write("notes.txt", "Dear diary"), model, own]) {
    const before = Deno.readFileSync(promptCache);
    assert.throws(() => provide(model, { executablePath: own, promptCache }), failure("usage", expected));
    assert.deepEqual(Deno.readFileSync(promptCache), before);
  }
  for (const promptCache of [scratch.path("new"), scratch.write("empty", ""), scratch.write("cut", "PLSTATES…")]) {
    assert.equal(provide(model, { executablePath: own, promptCache }).promptCache, promptCache);
  }
});
