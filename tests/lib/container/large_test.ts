import assert from "node:assert/strict";
import { openLlamafile, pack, verify } from "../../../lib/container/mod.ts";
import { silentProgress } from "../../../lib/progress.ts";
import { makeGguf } from "../gguf/make_gguf.ts";
import { makeScratch, packOptions } from "./scratch.ts";
import { checkWithTools } from "./zip_tools.ts";

// Writes and reads some 20 GB in a minute, so it runs only when asked for.
const ignore = Deno.env.get("PACKLLAMA_LARGE") !== "1";

Deno.test(
  "pack makes a file above 4 GiB that every tool accepts (runs with PACKLLAMA_LARGE=1)",
  { ignore },
  async () => {
    using scratch = makeScratch();
    const elements = 4_600_000_000;
    const header = makeGguf({ tensors: [{ name: "t", dims: [elements], type: 24, data: new Uint8Array() }] });
    const path = scratch.write("large.gguf", header);
    Deno.truncateSync(path, header.length + elements);
    const options = packOptions(scratch, { model: { path } });
    const { manifest } = await pack(options);
    assert.equal(manifest.entries.at(-1)?.chunks?.length, Math.ceil((header.length + elements) / (64 << 20)));
    using file = openLlamafile(options.output);
    assert.equal(file.weights?.size, header.length + elements);
    assert.ok((file.entries.at(-1)?.headerOffset ?? 0) > 2 ** 32);
    await checkWithTools(options.output);
    assert.ok((await verify(options.output, { startProgress: silentProgress })).ok);
    await assert.rejects(
      pack(packOptions(scratch, { target: "x86_64-pc-windows-msvc", model: { path } })),
      /Windows starts at most/,
    );
  },
);
