import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { physicalCores } from "../../lib/physical_cores.ts";
import { stderrProgress } from "../../lib/progress.ts";
import { DEFAULT_MODEL, fetchModel, findModel } from "../../models/mod.ts";
import { findPeer } from "../parity/peer.ts";

/** What a scenario is run with. */
export interface Bench {
  /** Pairs that count; one more goes before them. */
  rounds: number;
  /** Everything once and small, to see that it works: the figures mean nothing. */
  smoke: boolean;
  /** Whether `pack` also packs 5 GB. */
  large: boolean;
  /** Tokens that `soak` generates. */
  tokens: number;
  threads: number;
  /** The built program without a model, and the one with the default model. */
  base: string;
  llamafile: string;
  /** The folder of llama-server, llama-bench and llama-batched-bench; undefined: ours alone is measured. */
  peerBin: string | undefined;
  /** More flags for our servers. */
  extra: readonly string[];
  /** The weights of a model of the catalogue, fetched when they are not there. */
  model(name: string): Promise<string>;
  /** Whether the help of our program (or of a command of it) knows a flag. */
  supports(flag: string, command?: string): boolean;
  /** Tells the person how far it is. */
  log(text: string): void;
}

/** What the command line decides. */
export type BenchOptions = Pick<Bench, "rounds" | "smoke" | "large" | "tokens" | "extra">;

/** The models of the scenarios, by the short names used in the tables. */
export const MODELS = { SmolLM2: DEFAULT_MODEL, Gemma: "gemma-3-270m" } as const;

/** Everything that scenarios need, on this machine. */
export function makeBench(options: BenchOptions): Bench {
  const dist = fileURLToPath(new URL("../../dist", import.meta.url));
  const base = join(dist, "packllama");
  const help = new Map<string, string>();
  const helpOf = (command: string): string => {
    const known = help.get(command) ?? readHelp(base, command);
    help.set(command, known);
    return known;
  };
  return {
    ...options,
    threads: physicalCores(),
    base,
    llamafile: join(dist, `${DEFAULT_MODEL}.llamafile`),
    peerBin: findPeer(),
    model: (name) => fetchModel(findModel(name), { startProgress: stderrProgress }),
    supports: (flag, command = "serve") => new RegExp(`(^|[\\s,])${flag}(?![\\w-])`, "m").test(helpOf(command)),
    log: (text) => console.error(text),
  };
}

function readHelp(base: string, command: string): string {
  const { stdout } = new Deno.Command(base, { args: [command, "--help"], stdin: "null", stderr: "null" }).outputSync();
  return new TextDecoder().decode(stdout);
}
