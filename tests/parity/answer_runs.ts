import type { Answer } from "./completion.ts";
import { type Mode, MODES, type Questions, runMode } from "./modes.ts";
import { type Answerer, type Layout, type Machinery, startOurs, startTheirs } from "./parity_servers.ts";

/** One of the ways in which all prompts are answered. */
export interface RunKey {
  program: "packllama" | "llama-server";
  layout: Layout;
  /** Packllama's guessing ahead; llama-server does none unless told to. */
  speculation: boolean;
  mode: Mode;
}

/** The answers to all prompts in one way. */
export interface Run extends RunKey {
  answers: Answer[];
}

/** What is to be run. */
export interface Plan extends Questions {
  modes: readonly Mode[];
  layouts: readonly Layout[];
  log(text: string): void;
}

/** Every mode. */
export const ALL_MODES = Object.keys(MODES).filter((mode): mode is Mode => mode in MODES);

/** Those in which prompts continue others. */
const REUSING: readonly Mode[] = ["warm", "prefix", "batch warm"];

/** Has both programs answer all prompts in every way, one server at a time. */
export async function collectRuns(machinery: Machinery, plan: Plan): Promise<Run[]> {
  const runs: Run[] = [];
  for (const layout of ["unified", "split"] as const) {
    for (const reuse of [false, true]) {
      const modes = plan.modes.filter((mode) => REUSING.includes(mode) === reuse);
      if (modes.length === 0) continue;
      await using server = await startTheirs(machinery, { layout, reuse });
      runs.push(
        ...await runServer(server, { ...plan, modes }, { program: "llama-server", layout, speculation: false }),
      );
    }
  }
  for (const layout of plan.layouts) {
    for (const speculation of [false, true]) {
      // Anew, so that neither finds what the other has left.
      await using server = await startOurs(machinery, layout);
      runs.push(...await runServer(server, plan, { program: "packllama", layout, speculation }));
    }
  }
  return runs;
}

async function runServer(server: Answerer, plan: Plan, key: Omit<RunKey, "mode">): Promise<Run[]> {
  const runs: Run[] = [];
  for (const mode of plan.modes) {
    plan.log(`${describeRun({ ...key, mode })} …`);
    const answers = await runMode(key.speculation ? server.ask : server.askPlainly, mode, plan);
    runs.push({ ...key, mode, answers });
  }
  return runs;
}

/** A run in a few words. */
export function describeRun({ program, layout, speculation, mode }: RunKey): string {
  return `${program} ${layout}${speculation ? ", speculation" : ""}, ${mode}`;
}

/**
 * The run of llama-server that is comparable to one of ours: `auto` computes few requests in one pool, and many in equal parts.
 *
 * @throws {RangeError} When there is none.
 */
export function peerRunOf({ layout, mode }: RunKey, runs: readonly Run[]): Run {
  const batch = mode === "batch" || mode === "batch warm";
  const like: Layout = layout === "auto" ? batch ? "split" : "unified" : layout;
  return findRun(runs, { program: "llama-server", layout: like, speculation: false, mode });
}

/**
 * The cold run, alone and without speculation, of the same program and layout.
 *
 * @throws {RangeError} When there is none.
 */
export function coldRunOf({ program, layout }: RunKey, runs: readonly Run[]): Run {
  return findRun(runs, { program, layout, speculation: false, mode: "cold" });
}

/**
 * One of several runs.
 *
 * @throws {RangeError} When it is not among them.
 */
export function findRun(runs: readonly Run[], key: RunKey): Run {
  const wanted = describeRun(key);
  const found = runs.find((run) => describeRun(run) === wanted);
  if (found === undefined) throw new RangeError(`There is no run "${wanted}"`);
  return found;
}
