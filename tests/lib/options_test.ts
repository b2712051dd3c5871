import assert from "node:assert/strict";
import fc from "fast-check";
import { SAMPLER_NAMES } from "../../lib/engine/engine.ts";
import { EngineError } from "../../lib/errors.ts";
import { checkOptions, optionsOfEnvironment, readOptionLine } from "../../lib/option_line.ts";
import { SERVE_OPTIONS } from "../../lib/options.ts";
import type { SamplerOrder } from "../../lib/sampler_order.ts";
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
  const { options, unknown } = readOptionLine(["--mlp", "--grp-attn-n", "2", "-c", "64", "--mmproj", "x.gguf"]);
  assert.deepEqual(options, [["ctxSize", "64"]]);
  assert.deepEqual(unknown, ["--mlp", "--grp-attn-n", "--mmproj"]);
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
    parallel: undefined,
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

/** The values of options as a command line gives them. */
function parse(...args: string[]): ReturnType<typeof checkOptions> {
  return checkOptions(readOptionLine(args).options);
}

Deno.test("checkOptions reads samplers by llama.cpp's names and letters", () => {
  assert.equal(parse().samplers, undefined);
  const named = (names: string): SamplerOrder | undefined => parse("--samplers", names).samplers;
  assert.deepEqual(named("top_k;top-p;minp;temp")?.samplers, ["top_k", "top_p", "min_p", "temperature"]);
  assert.deepEqual(named("Typ_P; nucleus;adaptive-p;"), { samplers: ["typ_p", "top_p"], adaptiveP: true });
  assert.deepEqual(named(""), { samplers: [], adaptiveP: false });
  const lettered = (letters: string): SamplerOrder | undefined => parse("--sampler-seq", letters).samplingSeq;
  assert.deepEqual(lettered("kat"), { samplers: ["top_k", "temperature"], adaptiveP: true });
  assert.deepEqual(lettered("edskypmxt"), { samplers: [...SAMPLER_NAMES], adaptiveP: false });
  for (const args of [["--samplers", "top_k;nosuch"], ["--samplers", "temp;temperature"], ["--sampling-seq", "kz"]]) {
    assert.throws(
      () => parse(...args),
      (error) => error instanceof EngineError && /names the sampler/.test(error.message),
    );
  }
});

Deno.test("checkOptions reads logit biases, each time the option is given", () => {
  assert.deepEqual(parse().logitBias, []);
  assert.deepEqual(parse("-l", "15043+1", "--logit-bias", "2-inf", "--logit-bias=7-2.5e1").logitBias, [
    { token: 15043, bias: 1 },
    { token: 2, bias: -Infinity },
    { token: 7, bias: -25 },
  ]);
  for (const wrong of ["15043", "+1", "a+1", "1+inf", "1+", "1++2", "1 +2", "-1+2"]) {
    assert.throws(() => parse("--logit-bias", wrong), EngineError, wrong);
  }
});

Deno.test("checkOptions takes DRY's sequence breakers in the place of the default ones", () => {
  const breakersOf = (...texts: string[]): string[] | undefined =>
    parse(...texts.flatMap((text) => ["--dry-sequence-breaker", text])).drySequenceBreaker;
  assert.equal(breakersOf(), undefined);
  assert.deepEqual(breakersOf("\\n", "###", "\\\\n"), ["\n", "###", "\\n"]);
  assert.deepEqual(breakersOf("\n", "a"), ["\n", "a"]);
  assert.deepEqual(breakersOf("a", "none"), []);
});

Deno.test("every option of sampling is known by llama.cpp's spelling", () => {
  const spellings = `--temp --temperature --dynatemp-range --dynatemp-exp --top-k --top-p --min-p --typical --typical-p
    --top-n-sigma --top-nsigma --xtc-probability --xtc-threshold --seed -s --repeat-penalty --repeat-last-n
    --frequency-penalty --presence-penalty --dry-multiplier --dry-base --dry-allowed-length --dry-penalty-last-n
    --dry-sequence-breaker --mirostat --mirostat-lr --mirostat-ent --adaptive-target --adaptive-decay --samplers
    --sampling-seq --sampler-seq --logit-bias -l`.split(/\s+/);
  for (const spelling of spellings) assert.equal(readOptionLine([spelling, "1"]).options.length, 1, spelling);
  assert.equal(parse("--ignore-eos").ignoreEos, true);
  assert.equal(parse("--adaptive-target", "-1").adaptiveTarget, -1);
  for (
    const args of [["--mirostat", "3"], ["--dry-base", "0.5"], ["--adaptive-decay", "1"], ["--xtc-threshold", "2"]]
  ) {
    assert.throws(() => parse(...args), EngineError, args.join(" "));
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

Deno.test("options of chat templates and thoughts have llama-server's names", () => {
  const { options, unknown } = readOptionLine([
    ...["--jinja", "--no-jinja", "--prefill-assistant", "--reasoning-preserve"],
    ...["--chat-template", "{{ x }}", "--chat-template-file", "t.jinja", "--chat-template-kwargs", '{"a": [1]}'],
    ...["--no-prefill-assistant", "-rea", "off", "--reasoning-format", "none", "--reasoning-effort", "high"],
    ...["--reasoning-budget", "0", "--no-reasoning-preserve"],
  ]);
  assert.deepEqual(unknown, []);
  const checked = checkOptions(options);
  assert.deepEqual(checked.chatTemplate, "{{ x }}");
  assert.deepEqual(checked.chatTemplateFile, "t.jinja");
  assert.deepEqual(checked.chatTemplateKwargs, { a: [1] });
  assert.deepEqual([checked.prefillAssistant, checked.reasoningPreserve], [false, false]);
  assert.deepEqual([checked.reasoning, checked.reasoningFormat], [false, "none"]);
  assert.deepEqual([checked.reasoningEffort, checked.reasoningBudget], ["high", 0]);
});

Deno.test("options of chat templates and thoughts say nothing unless they are given", () => {
  const checked = checkOptions([["reasoningEffort", "default"], ["reasoning", "auto"]]);
  assert.deepEqual([checked.chatTemplate, checked.chatTemplateFile, checked.chatTemplateKwargs], [
    undefined,
    undefined,
    undefined,
  ]);
  assert.deepEqual([checked.prefillAssistant, checked.reasoningPreserve], [true, true]);
  assert.deepEqual([checked.reasoning, checked.reasoningFormat], [undefined, "auto"]);
  assert.deepEqual([checked.reasoningEffort, checked.reasoningBudget], [undefined, -1]);
});

Deno.test("--chat-template-kwargs takes an object of JSON alone", () => {
  for (
    const [value, problem] of [["{", "is not JSON"], ["[1]", "is not a JSON object"], ["null", "is not a JSON object"]]
  ) {
    assert.throws(() => checkOptions([["chatTemplateKwargs", value ?? ""]]), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "usage");
      assert.equal(error.message, `Option --chat-template-kwargs: "${value}" ${problem}; see --help`);
      return true;
    });
  }
});
