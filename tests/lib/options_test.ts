import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineError } from "../../lib/errors.ts";
import { checkOptions, optionsOfEnvironment, readOptionLine } from "../../lib/option_line.ts";
import { SERVE_OPTIONS } from "../../lib/options.ts";
import { splitWords } from "../../lib/split_words.ts";

Deno.test("readOptionLine knows the spellings of llama.cpp and llamafile", () => {
  const { options, unknown, operands } = readOptionLine(
    [
      "-ngl",
      "9999",
      "--ctx-size=512",
      "-fa",
      "--temp",
      "0",
      "-ub",
      "64",
      "--nobrowser",
      "--server",
      "-fa",
      "off",
      "-s",
      "-1",
    ],
  );
  assert.deepEqual(options, [
    ["gpuLayers", "9999"],
    ["ctxSize", "512"],
    ["flashAttn", true],
    ["temp", "0"],
    ["ubatchSize", "64"],
    ["browser", false],
    ["flashAttn", "off"],
    ["seed", "-1"],
  ]);
  assert.deepEqual([unknown, operands], [[], []]);
});

Deno.test("readOptionLine sets unknown flags aside with their values", () => {
  const { options, unknown } = readOptionLine(["--mlp", "--mirostat", "2", "-c", "64", "--chat-template", "chatml"]);
  assert.deepEqual(options, [["ctxSize", "64"]]);
  assert.deepEqual(unknown, ["--mlp", "--mirostat", "--chat-template"]);
});

Deno.test("readOptionLine leaves a value alone that looks like an assignment, and tells of one that is missing", () => {
  assert.deepEqual(readOptionLine(["--system", "--note=be brief"]).options, [["system", "--note=be brief"]]);
  assert.equal(readOptionLine(["--mlock", "-c"]).incomplete, "-c");
});

Deno.test("readOptionLine never throws, and only gives out known names", () => {
  const word = fc.oneof(fc.string(), fc.constantFrom("-c", "-m", "--temp", "-fa", "--server", "on", "5", "--x=1"));
  fc.assert(fc.property(fc.array(word), (words) => {
    for (const [name] of readOptionLine(words).options) assert.ok(name in SERVE_OPTIONS);
  }));
});

Deno.test("optionsOfEnvironment reads PACKLLAMA_ names; a flag can be switched off", () => {
  const environment = {
    PACKLLAMA_CTX_SIZE: "64",
    PACKLLAMA_VERBOSE: "0",
    PACKLLAMA_MLOCK: "1",
    PACKLLAMA_NO_MMAP: "yes",
    CTX: "1",
  };
  assert.deepEqual(optionsOfEnvironment(environment), [["ctxSize", "64"], ["mmap", false], ["mlock", true]]);
});

Deno.test("checkOptions gives llama.cpp's defaults", () => {
  const { temp, topK, topP, minP, seed, parallel, mmap, gpuLayers, flashAttn, port } = checkOptions([]);
  assert.deepEqual({ temp, topK, topP, minP, seed }, { temp: 0.8, topK: 40, topP: 0.95, minP: 0.05, seed: -1 });
  assert.deepEqual({ parallel, mmap, gpuLayers, flashAttn, port }, {
    parallel: 4,
    mmap: true,
    gpuLayers: undefined,
    flashAttn: undefined,
    port: undefined,
  });
});

Deno.test("checkOptions takes each value in its range, the last one, and names the option that is not", () => {
  assert.equal(checkOptions([["temp", "1"], ["temp", ".5"]]).temp, 0.5);
  assert.equal(checkOptions([["gpuLayers", "all"]]).gpuLayers, -1);
  assert.equal(checkOptions([["gpuLayers", "auto"]]).gpuLayers, undefined);
  assert.equal(checkOptions([["flashAttn", true]]).flashAttn, true);
  assert.equal(checkOptions([["flashAttn", "off"]]).flashAttn, false);
  for (
    const [name, value] of [["temp", "x"], ["topP", "1.1"], ["ctxSize", "-1"], ["threads", "1.5"], [
      "seed",
      "4294967296",
    ]] as const
  ) {
    assert.throws(
      () => checkOptions([[name, value]]),
      (error) => error instanceof EngineError && error.message.includes(`"${value}"`),
    );
  }
});

Deno.test("splitWords gives back what a shell's quoting was made from", () => {
  fc.assert(fc.property(fc.array(fc.string()), (words) => {
    const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    assert.deepEqual(splitWords(line), words);
  }));
  assert.deepEqual(splitWords(`--system "You are \\"it\\"" a\\ b  c`), ["--system", 'You are "it"', "a b", "c"]);
  assert.throws(() => splitWords("'open"), EngineError);
});
