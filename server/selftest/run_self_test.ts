import { verify } from "../../lib/container/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { silentProgress } from "../../lib/progress.ts";
import { type ServingInput, startServing } from "../start_serving.ts";
import { CHECKS } from "./checks.ts";

/** What came of one check. */
export interface CheckResult {
  name: string;
  ok: boolean;
  /** What was seen, or what was missing. */
  detail: string;
}

/**
 * Serves at a free port of this machine and checks what clients rely on: endpoints, shapes, streaming, determinism, and the file's own hashes.
 *
 * @returns One for each check, in order.
 * @throws {EngineError} When it cannot start.
 */
export async function runSelfTest(input: Omit<ServingInput, "port" | "portGiven">): Promise<CheckResult[]> {
  const results = [await check("hashes of the file", () => checkHashes(input.modelPath))];
  const own = { promptCache: undefined, store: undefined, slotSavePath: undefined };
  const serving = await startServing({
    ...input,
    // Nothing of the user's is touched, and nobody else served.
    options: { ...input.options, ...own, host: "127.0.0.1", strictModel: false },
    otherModels: [],
    port: 0,
    portGiven: true,
  });
  try {
    await serving.ready;
    for (const { name, run } of CHECKS) results.push(await check(name, () => run(serving.server.url)));
  } finally {
    await serving.close();
  }
  return results;
}

/** The results as lines of a table. */
export function formatResults(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  const lines = results.map(({ name, ok, detail }) => `${ok ? "ok    " : "FAILED"}  ${name.padEnd(width)}  ${detail}`);
  const failed = results.filter(({ ok }) => !ok).length;
  return [...lines, "", `${results.length - failed} passed, ${failed} failed`].join("\n");
}

async function check(name: string, run: () => Promise<string>): Promise<CheckResult> {
  try {
    return { name, ok: true, detail: await run() };
  } catch (error) {
    // What was missing is the result.
    const message = error instanceof Error ? error.message : String(error);
    return { name, ok: false, detail: message.replaceAll(/\s+/g, " ").slice(0, 300) };
  }
}

async function checkHashes(path: string): Promise<string> {
  const { ok, entries } = await verify(path, { startProgress: silentProgress });
  if (ok) return `${entries.length} entries`;
  const bad = entries.filter((entry) => !entry.ok).map(({ name }) => `"${name}"`).join(", ");
  throw new EngineError("bad_file", `"${path}" is damaged in ${bad}; download it again`);
}
