import { startLlamafile } from "../server_process.ts";
import { type Ask, askOurs, askPeer } from "./completion.ts";
import { BATCH } from "./modes.ts";
import { startPeer } from "./peer.ts";
import type { TokenTable } from "./token_table.ts";

/** What both programs are started with. */
export interface Machinery {
  /** Our program without a model. */
  packllama: string;
  /** The folder of llama-server. */
  peerBin: string;
  /** The weights' file, and its tokens. */
  model: string;
  table: TokenTable;
  threads: number;
  /** The one of ggml's CPU variants that both use; the best for this processor, by ggml's own choice, when absent. */
  cpuVariant?: string | undefined;
}

/** How cells are shared out among the requests: llama-server has no `auto`. */
export type Layout = "unified" | "split" | "auto";

/** A server that answers questions. */
export interface Answerer extends AsyncDisposable {
  /** With speculation, where it has any. */
  ask: Ask;
  /** Without. */
  askPlainly: Ask;
}

/** Tokens of context for one request where each has an equal part. */
const PART = 2048;

/** Starts ours. */
export async function startOurs(machinery: Machinery, layout: Layout): Promise<Answerer> {
  const { packllama, table, cpuVariant } = machinery;
  const args = [...flags(machinery), "--kv-unified", layout === "unified" ? "on" : layout === "split" ? "off" : "auto"];
  const variant = cpuVariant === undefined ? [] : ["--cpu-variant", cpuVariant];
  const server = await startLlamafile(packllama, { args: ["-m", machinery.model, ...args, ...variant] });
  return {
    ask: askOurs(server.url, { table, speculation: true }),
    askPlainly: askOurs(server.url, { table, speculation: false }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/**
 * llama-server's flags for a pool: idle requests keep their cells in it, as ours do. Left to itself it clears them, and cells that lie
 * elsewhere are added up in another order.
 */
const POOL = ["-kvu", "--cache-ram", "0", "--no-cache-idle-slots"];

/**
 * Starts llama-server.
 *
 * @param reuse Whether it is to be asked for prompts that continue others. With sliding windows it computes the last four tokens of each
 * prompt apart, to keep a checkpoint before them; where nothing is reused, that would only be another way to compute the same.
 */
export async function startTheirs(
  machinery: Machinery,
  { layout, reuse }: { layout: "unified" | "split"; reuse: boolean },
): Promise<Answerer> {
  const { peerBin, model, table, cpuVariant } = machinery;
  const more = [...(layout === "unified" ? POOL : ["-no-kvu"]), ...(reuse ? [] : ["--ctx-checkpoints", "0"])];
  const args = [...flags(machinery), ...more];
  const server = await startPeer(peerBin, model, { variant: cpuVariant, flags: args });
  const ask = askPeer(server.url, table);
  return { ask, askPlainly: ask, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function flags({ threads }: Machinery): string[] {
  return ["-np", String(BATCH), "-c", String(BATCH * PART), "-t", String(threads)];
}
