import assert from "node:assert/strict";
import { join } from "node:path";
import { defaultModelFile, LLAMAFILE, PACKLLAMA, runPackllama } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { streamChat } from "../sse_client.ts";

/** A ZIP as Mozilla's zipalign makes it: the model stored on a page, and its options; unknown ones among them. */
const MAKE_MOZILLA = `
import sys, zipfile
out, model = sys.argv[1:3]
with zipfile.ZipFile(out, "w") as z:
    z.writestr(".args", "-m\\nmodel.gguf\\n--server\\n--cli\\n--control-vector\\nfile\\n-ngl\\n9999\\n-c\\n1024\\n...\\n")
    info = zipfile.ZipInfo("model.gguf")
    pad = -(z.fp.tell() + 30 + len(info.filename) + 4) % 65536
    info.extra = b"\\x35\\xd9" + pad.to_bytes(2, "little") + bytes(pad)
    with open(model, "rb") as f, z.open(info, "w") as g:
        while block := f.read(1 << 20): g.write(block)
`;

const BRIEF = { messages: [{ role: "user", content: "Hi" }], max_tokens: 2, temperature: 0 };

async function contextOf(url: string): Promise<number> {
  return (await (await fetch(`${url}/v1/models`)).json()).data[0].meta.n_ctx;
}

Deno.test("packllama serves a GGUF, our llamafiles and Mozilla's, with their own options", async (test) => {
  const folder = await Deno.makeTempDir();
  try {
    await test.step("a GGUF", async () => {
      await using server = await startLlamafile(PACKLLAMA, { args: ["serve", "-m", defaultModelFile(), "-c", "512"] });
      assert.ok((await streamChat(server.url, BRIEF)).promptTokens > 0);
    });
    await test.step("one of ours, packed again with other options", async () => {
      const output = join(folder, "again.llamafile");
      const packed = await runPackllama([
        "pack",
        LLAMAFILE,
        "-o",
        output,
        "--args",
        "-c 768 --alias 'my model' --no-such 1",
      ]);
      assert.equal(packed.code, 0, packed.stderr);
      await using server = await startLlamafile(PACKLLAMA, { args: ["-m", output] });
      assert.equal(await contextOf(server.url), 768);
      assert.match(server.stderr(), /warning: ignoring --no-such of the file's own options/);
      const { data } = await (await fetch(`${server.url}/v1/models`)).json();
      assert.equal(data[0].id, "my model");
      assert.ok((await streamChat(server.url, BRIEF)).promptTokens > 0);
    });
    await test.step("one of Mozilla's", async () => {
      const output = join(folder, "mozilla.llamafile");
      const made = await new Deno.Command("python3", { args: ["-c", MAKE_MOZILLA, output, defaultModelFile()] })
        .output();
      assert.ok(made.success, new TextDecoder().decode(made.stderr));
      await using server = await startLlamafile(PACKLLAMA, { args: ["-m", output] });
      assert.equal(await contextOf(server.url), 1024);
      assert.match(server.stderr(), /warning: ignoring --control-vector of/);
      assert.ok((await streamChat(server.url, BRIEF)).promptTokens > 0);
      const { code, stdout } = await runPackllama(["inspect", output]);
      assert.equal(code, 0);
      assert.match(stdout, /model\.gguf/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("verify tells a whole file from a damaged one, and names the entry", async () => {
  assert.equal((await runPackllama(["verify", LLAMAFILE])).code, 0);
  const damaged = await Deno.makeTempFile({ suffix: ".llamafile" });
  try {
    await Deno.copyFile(LLAMAFILE, damaged);
    using file = await Deno.open(damaged, { write: true });
    await file.seek(150_000_000, Deno.SeekMode.Start);
    await file.write(new Uint8Array([1, 2, 3, 4, 5]));
    const { code, stdout, stderr } = await runPackllama(["verify", damaged]);
    assert.equal(code, 1);
    assert.match(stdout + stderr, /SmolLM2-135M-Instruct\.Q4_1\.gguf/);
  } finally {
    await Deno.remove(damaged);
  }
});

Deno.test("inspect describes executable, engine, model and licence, for people and as JSON", async () => {
  const { stdout } = await runPackllama(["inspect", LLAMAFILE]);
  for (const about of [/llama\.cpp v0\.4\.0/, /x86_64|aarch64/, /Q4_1/, /8192/, /apache/i, /--temp/]) {
    assert.match(stdout, about);
  }
  const json = JSON.parse((await runPackllama(["inspect", "--json", LLAMAFILE])).stdout);
  assert.equal(json.kind, "executable");
  assert.equal(JSON.parse((await runPackllama(["inspect", "--json", defaultModelFile()])).stdout).kind, "gguf");
});
