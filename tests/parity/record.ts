// PEER_BIN=… deno run -A tests/parity/record.ts: records llama-server's answers for the plain x64 variant in tests/testdata/parity_x64.json.
import { defaultModelFile, ROOT } from "../built.ts";
import { answers, findPeer, startPeer } from "./peer.ts";
import { CONVERSATIONS, MAX_TOKENS } from "./prompts.ts";

/** What the fixture holds. */
export interface Fixture {
  command: string;
  engine: string;
  cpuVariant: string;
  maxTokens: number;
  cases: { messages: { role: string; content: string }[]; answer: string }[];
}

/** Where the fixture lies. */
export const FIXTURE = new URL("../testdata/parity_x64.json", import.meta.url);

if (import.meta.main) {
  const bin = findPeer();
  if (bin === undefined) throw new Error("Set PEER_BIN to the folder of llama-server v0.4.0");
  await using server = await startPeer(bin, defaultModelFile(), { variant: "x64" });
  const texts = await answers(server.url);
  const fixture: Fixture = {
    command: "PEER_BIN=… deno run -A tests/parity/record.ts",
    engine: "llama-server v0.4.0, npm @node-llama-cpp/linux-x64@3.21.1",
    cpuVariant: "x64",
    maxTokens: MAX_TOKENS,
    cases: CONVERSATIONS.map((messages, i) => ({ messages, answer: texts[i] ?? "" })),
  };
  await Deno.mkdir(`${ROOT}tests/testdata`, { recursive: true });
  await Deno.writeTextFile(FIXTURE, JSON.stringify(fixture, null, 2) + "\n");
}
