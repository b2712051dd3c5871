import assert from "node:assert/strict";
import {
  formatInspection,
  inspect,
  MANIFEST_NAME,
  openByteSource,
  openLlamafile,
  openModelFile,
  pack,
} from "../../../lib/container/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import { makeGguf, makeModel } from "../gguf/make_gguf.ts";
import { type MadeEntry, makeZip } from "./make_zip.ts";
import { LINUX, makeScratch, packOptions, type Scratch } from "./scratch.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function mozilla(scratch: Scratch, args: string | undefined, entries: MadeEntry[]): string {
  const prefix = text("MZqFpD='\n\n".padEnd(4096, "#"));
  const all = args === undefined ? entries : [...entries, { name: ".args", data: text(args) }];
  return scratch.write("mozilla.llamafile", makeZip(all, { prefix }));
}

const model = (name: string): MadeEntry => ({ name, data: makeModel({ name }), alignment: 65536 });

function weightsName(path: string): string | undefined {
  using file = openLlamafile(path);
  return file.weights?.name;
}

Deno.test("openLlamafile finds the weights of Mozilla's files by their arguments", () => {
  using scratch = makeScratch();
  const two = [model("clip.gguf"), model("main.gguf")];
  assert.equal(weightsName(mozilla(scratch, "-m\nmain.gguf\n", two)), "main.gguf");
  assert.equal(weightsName(mozilla(scratch, "--model\r\n/zip/main.gguf\r\n...\r\n", two)), "main.gguf");
  assert.equal(weightsName(mozilla(scratch, "--mmproj\nclip.gguf\n", two)), "main.gguf");
  assert.equal(weightsName(mozilla(scratch, undefined, two)), "clip.gguf");
  assert.equal(weightsName(mozilla(scratch, "-m\nelsewhere.gguf", [model("only.gguf")])), "only.gguf");
  assert.equal(weightsName(mozilla(scratch, "--server", [])), undefined);
});

Deno.test("openLlamafile splits its arguments where the user's own go", () => {
  using scratch = makeScratch();
  const args = (lines: string): unknown => {
    using file = openLlamafile(mozilla(scratch, lines, [model("m.gguf")]));
    return file.args;
  };
  assert.deepEqual(args("-ngl\n9999\n...\n--server\n"), { before: ["-ngl", "9999"], after: ["--server"] });
  assert.deepEqual(args("-p\ntwo words\n\n"), { before: ["-p", "two words"], after: [] });
  assert.deepEqual(args("..."), { before: [], after: [] });
});

Deno.test("openLlamafile refuses weights that cannot be mapped in place, and says what to do", () => {
  using scratch = makeScratch();
  const path = mozilla(scratch, undefined, [{ name: "odd.gguf", data: makeModel() }]);
  assert.throws(() => openLlamafile(path), /"odd.gguf" begins at byte \d+, not a multiple of 32; pack it again/);
  using file = openLlamafile(path, { requireAligned: false });
  assert.equal(file.weights?.name, "odd.gguf");
  const deflated = mozilla(scratch, undefined, [{ name: "small.gguf", data: makeModel(), deflated: true }]);
  assert.throws(() => openModelFile(deflated), /"small.gguf" is compressed/);
});

Deno.test("openModelFile opens a GGUF and any llamafile", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await pack(options);
  const bytes = makeModel();
  for (const path of [scratch.path("tiny.gguf"), options.output]) {
    using file = openModelFile(path);
    const read = new Uint8Array(file.size);
    file.source.readAt(file.offset, read);
    assert.deepEqual(read, bytes);
    assert.equal(file.llamafile?.manifest?.target, path === options.output ? LINUX : undefined);
  }
  const empty = mozilla(scratch, "--server", []);
  assert.throws(() => openModelFile(empty), /carries no model/);
});

Deno.test("openByteSource says what is wrong with a path", () => {
  using scratch = makeScratch();
  const fails = (path: string, code: string, message: RegExp): void => {
    assert.throws(() => openByteSource(path), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  };
  fails(scratch.path("none"), "io", /Cannot open ".*none": there is no such file/);
  fails(scratch.folder, "bad_file", /it is a folder/);
  if (Deno.build.os !== "windows") fails("/dev/zero", "bad_file", /not a regular file/);
});

Deno.test("openByteSource says that a file may not be read", {
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
}, () => {
  using scratch = makeScratch();
  const path = scratch.write("secret", "x");
  Deno.chmodSync(path, 0);
  assert.throws(() => openByteSource(path), /this user may not read it/);
});

function withManifest(scratch: Scratch, manifest: unknown): string {
  const data = text(typeof manifest === "string" ? manifest : JSON.stringify(manifest));
  return scratch.write("m.llamafile", makeZip([model("m.gguf"), { name: MANIFEST_NAME, data }]));
}

Deno.test("openLlamafile refuses manifests that are newer, damaged or of other entries", async () => {
  using scratch = makeScratch();
  const { manifest } = await pack(packOptions(scratch));
  const refuses = (changed: unknown, message: RegExp): void => {
    assert.throws(() => openLlamafile(withManifest(scratch, changed)), (error) => {
      assert.ok(error instanceof EngineError && error.code === "bad_file");
      assert.match(error.message, message);
      return true;
    });
  };
  refuses({ ...manifest, format: 2 }, /format version 2, this packllama reads version 1; use a newer packllama/);
  refuses("{", /manifest is not JSON/);
  refuses({ ...manifest, target: "vax" }, /manifest is not valid: "target" is/);
  refuses(manifest, /entry "lib\/libone.so" is missing, its manifest says \d+ bytes/);
  refuses(
    { ...manifest, entries: [{ name: "m.gguf", size: 1, sha256: "0".repeat(64) }] },
    /entry "m.gguf" has \d+ bytes/,
  );
  refuses({ ...manifest, entries: [] }, /weights "tiny.gguf" are missing/);
  using file = openLlamafile(withManifest(scratch, { ...manifest, entries: [], weights: "m.gguf", later: 1 }));
  assert.equal(file.weights?.name, "m.gguf");
});

Deno.test("openLlamafile lists as libraries only plain names in lib", () => {
  using scratch = makeScratch();
  const data = text("x");
  const names = ["lib/libok.so.1", "lib/../../etc/x", "lib/a/b.so", "lib/.hidden", "other.so", "lib/"];
  const path = scratch.write("x", makeZip(names.map((name) => ({ name, data }))));
  using file = openLlamafile(path);
  assert.deepEqual(file.libraries.map(({ name }) => name), ["lib/libok.so.1"]);
});

Deno.test("openLlamafile is quick and does not read the weights", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch, {
    model: { path: scratch.write("big.gguf", makeModel({ dataBytes: 32 << 20 })) },
  });
  await pack(options);
  openLlamafile(options.output)[Symbol.dispose]();
  const started = performance.now();
  openLlamafile(options.output)[Symbol.dispose]();
  // It takes 1 ms; the bound leaves room for a busy machine, and not for reading 32 MiB.
  assert.ok(performance.now() - started < 10);
});

Deno.test("inspect tells what an executable, a GGUF and a Mozilla llamafile are", async () => {
  using scratch = makeScratch();
  const options = packOptions(scratch);
  await pack(options);
  const ours = inspect(options.output);
  assert.equal(ours.kind, "executable");
  assert.equal(ours.formatVersion, 1);
  assert.equal(ours.target, LINUX);
  assert.equal(ours.model?.name, "Tiny");
  assert.equal(ours.model?.tensors, 2);
  assert.match(ours.entries.find(({ name }) => name === "tiny.gguf")?.sha256 ?? "", /^[0-9a-f]{64}$/);
  assert.deepEqual(JSON.parse(JSON.stringify(ours)).args, { before: ["--temp", "0"], after: ["--no-browser"] });

  const gguf = inspect(scratch.path("tiny.gguf"));
  assert.equal(gguf.kind, "gguf");
  assert.equal(gguf.model?.contextLength, 2048);
  const theirs = inspect(mozilla(scratch, "-m\nm.gguf\n", [model("m.gguf")]));
  assert.equal(theirs.kind, "llamafile");
  assert.equal(theirs.formatVersion, undefined);
  assert.equal(theirs.model?.license, "apache-2.0");
});

Deno.test("inspect refuses a text file, a ZIP without a model and a damaged GGUF", () => {
  using scratch = makeScratch();
  assert.throws(
    () => inspect(scratch.write("a.txt", "hello, world")),
    /neither a GGUF file nor a llamafile, it begins with "hell"/,
  );
  assert.throws(() => inspect(scratch.write("a.zip", makeZip([{ name: "a", data: text("a") }]))), /no llamafile/);
  assert.throws(() => inspect(scratch.write("a.gguf", makeModel().subarray(0, 900))), /the file is truncated/);
});

Deno.test("formatInspection shows the facts, and no control characters of the file", async () => {
  using scratch = makeScratch();
  const evil = makeGguf({
    metadata: { "general.architecture": "llama", "general.name": "\x1b[2Jevil", "tokenizer.chat_template": "a\n\x07b" },
    tensors: [{ name: "t", dims: [8], data: new Uint8Array(32) }],
  });
  const options = packOptions(scratch, { model: { path: scratch.write("evil.gguf", evil) } });
  await pack(options);
  const shown = formatInspection(inspect(options.output));
  assert.match(shown, /^kind +Packllama executable$/m);
  assert.match(shown, /^arguments +--temp 0 \.\.\. --no-browser$/m);
  assert.match(shown, /^template +yes$/m);
  assert.match(shown, /stored +evil\.gguf {2}[0-9a-f]{16}…$/m);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(shown, /[\x00-\x09\x0b-\x1f\x7f]/);
});
