import assert from "node:assert/strict";
import { findModel, findPulled } from "../../models/mod.ts";
import { defaultModelFile, LLAMAFILE, PACKLLAMA } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { answers, findPeer, FLAGS, startPeer } from "./peer.ts";
import { compareModel } from "./model_parity.ts";
import { CONVERSATIONS, PROMPTS } from "./prompts.ts";
import { TokenTable } from "./token_table.ts";
import { FIXTURE, type Fixture } from "./record.ts";

const isX64Linux = Deno.build.target === "x86_64-unknown-linux-gnu";
const peer = findPeer();

Deno.test({
  name: "greedy answers are those that llama-server gave with the x64 variant",
  ignore: !isX64Linux,
  fn: async () => {
    const fixture: Fixture = JSON.parse(await Deno.readTextFile(FIXTURE));
    assert.deepEqual(fixture.cases.map(({ messages }) => messages), CONVERSATIONS, "record the fixture anew");
    await using server = await startLlamafile(LLAMAFILE, { args: [...FLAGS, "--cpu-variant", "x64"] });
    assert.deepEqual(await answers(server.url), fixture.cases.map(({ answer }) => answer));
  },
});

Deno.test({
  name: `greedy answers are llama-server's in the same run${peer === undefined ? " (skipped: no PEER_BIN)" : ""}`,
  ignore: peer === undefined,
  fn: async () => {
    await using theirs = await startPeer(peer ?? "", defaultModelFile());
    const expected = await answers(theirs.url);
    await theirs.stop("SIGKILL");
    await using ours = await startLlamafile(LLAMAFILE, { args: FLAGS });
    assert.deepEqual(await answers(ours.url), expected);
  },
});

/** A small part of `deno task parity`. One thread, for ggml's spin where other work takes its cores. */
async function assertParity(model: string, count: number): Promise<void> {
  using table = await TokenTable.open(model);
  const { failures, rows } = await compareModel(
    model,
    { packllama: PACKLLAMA, peerBin: peer ?? "", model, table, threads: 1 },
    {
      prompts: PROMPTS.slice(0, count),
      tokens: 10,
      modes: ["cold", "warm", "batch"],
      layouts: ["split", "auto"],
      log: (): void => {},
    },
  );
  assert.deepEqual(failures, []);
  const warm = rows.filter(({ mode }) => mode === "warm");
  assert.ok(warm.length > 0 && warm.every(({ cached }) => cached > 0.3), "the warm modes took nothing from the cache");
}

Deno.test({
  name: `answers cold, warm, in a batch and with speculation are llama-server's but for near ties${
    peer === undefined ? " (skipped: no PEER_BIN)" : ""
  }`,
  ignore: peer === undefined,
  fn: () => assertParity(defaultModelFile(), 8),
});

const gemma = pulledGemma();
const missing = gemma === undefined ? "the model is not there" : peer === undefined ? "no PEER_BIN" : undefined;

Deno.test({
  name: `answers of Gemma 3 are llama-server's but for near ties${
    missing === undefined ? "" : ` (skipped: ${missing})`
  }`,
  ignore: missing !== undefined,
  fn: () => assertParity(gemma ?? "", 4),
});

/** Gemma's weights, where they have been pulled. */
function pulledGemma(): string | undefined {
  try {
    const path = findPulled(findModel("gemma-3-270m").name);
    return Deno.statSync(path).isFile ? path : undefined;
  } catch {
    return undefined; // Then the test that needs it says that it was skipped.
  }
}
