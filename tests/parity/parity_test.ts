import assert from "node:assert/strict";
import { defaultModelFile, LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { answers, findPeer, FLAGS, startPeer } from "./peer.ts";
import { CONVERSATIONS } from "./prompts.ts";
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
