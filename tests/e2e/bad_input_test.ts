import assert from "node:assert/strict";
import { join } from "node:path";
import { defaultModelFile, LLAMAFILE, runPackllama } from "../built.ts";

/** One line that begins with `error: ` and names the file. */
async function assertRefused(args: string[], about: RegExp, code = 1): Promise<void> {
  const outcome = await runPackllama(args);
  assert.equal(outcome.code, code, outcome.stderr);
  assert.match(outcome.stderr, /^(warning: .*\n)*error: [^\n]+\n$/);
  assert.match(outcome.stderr, about);
}

Deno.test("bad models are refused with one line and exit code 1", async (test) => {
  const folder = await Deno.makeTempDir();
  const file = (name: string): string => join(folder, name);
  const model = await Deno.readFile(defaultModelFile());
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    await Deno.writeFile(file(name), bytes);
    return file(name);
  };
  const patched = (at: number, value: bigint): Uint8Array => {
    const copy = model.slice(0, 4_000_000);
    new DataView(copy.buffer).setBigUint64(at, value, true);
    return copy;
  };
  const cases: [string, () => Promise<string>, RegExp][] = [
    [
      "a truncated GGUF",
      () => write("cut.gguf", model.subarray(0, 50_000_000)),
      /cut\.gguf.*tensor.*50000000.*download/,
    ],
    ["one cut in its header", () => write("head.gguf", model.subarray(0, 5000)), /head\.gguf/],
    ["an absurd number of tensors", () => write("tensors.gguf", patched(8, 2n ** 60n)), /tensors\.gguf/],
    ["an absurd number of metadata", () => write("meta.gguf", patched(16, 2n ** 63n)), /meta\.gguf/],
    ["a text file", () => write("note.txt", new TextEncoder().encode("hello")), /note\.txt.*neither a GGUF/],
    ["an empty file", () => write("empty.gguf", new Uint8Array()), /empty\.gguf.*empty/],
    ["a folder without models", () => Deno.makeTempDir({ dir: folder }), /no model|no GGUF/i],
    ["a file that is not there", () => Promise.resolve(file("none.gguf")), /none\.gguf/],
  ];
  try {
    for (const [what, make, about] of cases) {
      await test.step(what, async () => await assertRefused(["serve", "-m", await make(), "--port", "0"], about));
    }
    await test.step("a damaged llamafile", async () => {
      const bytes = await Deno.readFile(LLAMAFILE);
      await assertRefused(
        ["-m", await write("x.llamafile", bytes.subarray(0, 150_000_000)), "--port", "0"],
        /x\.llamafile/,
      );
      bytes.fill(0, bytes.length - 200, bytes.length - 100);
      await assertRefused(["-m", await write("y.llamafile", bytes), "--port", "0"], /y\.llamafile/);
    });
    await test.step("an unreadable file, as another user", async () => {
      if (Deno.build.os === "windows" || Deno.uid() !== 0) return;
      const path = await write("secret.gguf", model.subarray(0, 100));
      await Deno.chmod(path, 0o600);
      await Deno.chmod(folder, 0o755);
      const { code, stderr } = await runPackllama(["-m", path], { uid: 65534, gid: 65534 });
      assert.equal(code, 1);
      assert.match(stderr, /^error: .*secret\.gguf.*\n$/);
    });
    await test.step("an output folder that is not there", async () => {
      await assertRefused(["pack", defaultModelFile(), "-o", file("no/where.llamafile")], /where\.llamafile|no"/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a model that does not fit memory is refused before it is loaded, with the numbers", async () => {
  await assertRefused(
    ["-m", defaultModelFile(), "-c", "200000000", "--port", "0"],
    /does not fit memory.*weights take 0\.10 GB.*200000000 tokens.*GB.*are available.*--ctx-size \d+ would fit/,
  );
});

Deno.test("a wrong command line is exit code 2 and says what is wrong", async (test) => {
  const cases: [string[], RegExp][] = [
    [["--no-such-flag"], /--no-such-flag/],
    [["--ctx-size", "many"], /--ctx-size.*"many".*not a whole number/],
    [["--port", "70000"], /--port.*"70000".*above 65535/],
    [["--temp", "-1"], /--temp/],
    [["-c"], /-c needs a value/],
    [["dance"], /dance/],
    [["pack", "x.gguf", "--target", "amiga"], /amiga.*x86_64-unknown-linux-gnu/],
  ];
  for (const [args, about] of cases) {
    await test.step(args.join(" "), async () => await assertRefused(args, about, 2));
  }
});
