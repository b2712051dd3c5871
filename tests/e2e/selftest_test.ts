import assert from "node:assert/strict";
import { join } from "node:path";
import { LLAMAFILE, runPackllama } from "../built.ts";

const SMALL = ["-c", "1024", "-t", "1"];

Deno.test("selftest finds nothing wrong with a packed file, and says what it looked at", async () => {
  const { code, stdout, stderr } = await runPackllama(["selftest", ...SMALL], { executable: LLAMAFILE });
  assert.equal(code, 0, stdout + stderr);
  for (const name of ["hashes of the file", "GET /v1/models", "streamed as whole", "the same for the same seed"]) {
    assert.match(stdout, new RegExp(`^ok .*${name}`, "m"));
  }
  assert.match(stdout, /\n\d+ passed, 0 failed\n$/);
});

Deno.test("selftest ends with 1 and names what is damaged", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const damaged = join(folder, "damaged.llamafile");
    await Deno.copyFile(LLAMAFILE, damaged);
    {
      // A weight of the last tensor: the file still loads and answers.
      using file = await Deno.open(damaged, { read: true, write: true });
      const text = new TextDecoder("latin1").decode(await Deno.readFile(damaged));
      const weights = text.indexOf("GGUF", 97e6);
      assert.ok(weights > 0);
      await file.seek(weights + 90e6, Deno.SeekMode.Start);
      await file.write(new Uint8Array([1, 2, 3, 4]));
    }
    const { code, stdout, stderr } = await runPackllama(["selftest", ...SMALL], { executable: damaged });
    assert.equal(code, 1, stdout + stderr);
    assert.match(stdout, /^FAILED {2}hashes of the file +.*is damaged in "SmolLM2-135M-Instruct\.Q4_1\.gguf"/m);
    assert.match(stderr, /The self-test failed: "hashes of the file"/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
