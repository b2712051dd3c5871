import assert from "node:assert/strict";
import { openLlamafile, pack, readEntry, verify, WARM_NAME } from "../../../lib/container/mod.ts";
import { silentProgress } from "../../../lib/progress.ts";
import { TARGETS } from "../../../lib/target.ts";
import { makeScratch, packOptions } from "./scratch.ts";

Deno.test("pack stores the state of a system prompt for any target, listed and checked", async () => {
  const state = new Uint8Array(5000).map((_, i) => i * 31);
  for (const target of TARGETS) {
    using scratch = makeScratch();
    const options = packOptions(scratch, { target, warm: scratch.write("warm", state) });
    const { manifest } = await pack(options);
    assert.equal(manifest.entries.find(({ name }) => name === WARM_NAME)?.size, state.length);
    using file = openLlamafile(options.output);
    const entry = file.entries.find(({ name }) => name === WARM_NAME);
    assert.equal(entry?.method, 0);
    assert.deepEqual(readEntry(file.source, entry, state.length), state);
    const [from, to] = [entry.dataOffset, entry.dataOffset + entry.size];
    const bytes = Deno.readFileSync(options.output);
    assert.deepEqual(bytes.subarray(from, to), state, "as it lies in the file");
    bytes[from + 1234] = 0;
    Deno.writeFileSync(options.output, bytes);
    const { entries } = await verify(options.output, { startProgress: silentProgress });
    assert.deepEqual(entries.filter(({ ok }) => !ok).map(({ name }) => name), [WARM_NAME]);
  }
});
