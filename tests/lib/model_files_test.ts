import assert from "node:assert/strict";
import { checkOptions, readOptionLine } from "../../lib/option_line.ts";
import { modelFilesOf } from "../../lib/model_files.ts";
import { makeScratch } from "./container/scratch.ts";
import { failure } from "./engine/answer.ts";

Deno.test("a folder stands for its GGUF models, of split ones the first part; anything else for itself", () => {
  using scratch = makeScratch();
  for (
    const name of [
      "b.gguf",
      "a.GGUF",
      "big-00001-of-00002.gguf",
      "big-00002-of-00002.gguf",
      "mmproj-a.gguf",
      "notes.txt",
      "b.gguf.part",
    ]
  ) scratch.write(name, "");
  Deno.mkdirSync(scratch.path("folder.gguf"));
  const names = ["a.GGUF", "b.gguf", "big-00001-of-00002.gguf"];
  assert.deepEqual(modelFilesOf(scratch.folder), names.map(scratch.path));
  assert.deepEqual(modelFilesOf(scratch.path("notes.txt")), [scratch.path("notes.txt")]);
  assert.deepEqual(modelFilesOf(scratch.path("none.gguf")), [scratch.path("none.gguf")]);
  assert.throws(() => modelFilesOf(scratch.path("folder.gguf")), failure("bad_file", /no GGUF model in the folder/));
});

Deno.test("--model may be given several times, and a folder by llama-server's name", () => {
  const { options } = readOptionLine([
    "-m",
    "a.gguf",
    "--models-dir",
    "folder",
    "--models-max",
    "2",
    "--model-idle",
    "60",
  ]);
  const { model, modelsMax, modelIdle } = checkOptions(options);
  assert.deepEqual({ model, modelsMax, modelIdle }, { model: "a.gguf\nfolder", modelsMax: 2, modelIdle: 60 });
  assert.deepEqual([checkOptions([]).model, checkOptions([]).modelIdle], [undefined, 0]);
});
