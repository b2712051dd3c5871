import { join } from "node:path";

/** What llama.cpp's own programs are run with. */
export interface LlamaBenchOptions {
  /** The folder that has them. */
  bin: string;
  model: string;
  threads: number;
}

/** Tokens a second of llama-bench: `prompt` tokens of prefill, or `generate` tokens of decoding; the other one is 0. */
export async function llamaBench(
  { bin, model, threads }: LlamaBenchOptions,
  { prompt = 0, generate = 0 }: { prompt?: number; generate?: number },
): Promise<number> {
  const sizes = ["-p", String(prompt), "-n", String(generate), "-r", "1", "-o", "json"];
  const report: unknown = JSON.parse(
    await run(join(bin, "llama-bench"), ["-m", model, "-t", String(threads), ...sizes]),
  );
  return figureOf(Array.isArray(report) ? report[0] : undefined, "avg_ts");
}

/** Tokens a second of llama-batched-bench's decoding alone, with a KV cache split per sequence. */
export async function llamaBatchedBench(
  { bin, model, threads }: LlamaBenchOptions,
  { prompt, generate, parallel }: { prompt: number; generate: number; parallel: number },
): Promise<number> {
  const context = parallel * (prompt + generate);
  const sizes = ["-c", String(context), "-no-kvu", "-npp", String(prompt), "-ntg", String(generate)];
  const text = await run(join(bin, "llama-batched-bench"), [
    ...["-m", model, "-t", String(threads), ...sizes],
    ...["-npl", String(parallel), "--output-format", "jsonl"],
  ]);
  return figureOf(JSON.parse(text.trim().split("\n").at(-1) ?? ""), "speed_tg");
}

async function run(executable: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(executable, { args, stdin: "null" }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${executable} failed: ${text.decode(stderr).slice(-600)}`);
  return text.decode(stdout);
}

function figureOf(report: unknown, key: string): number {
  const value = typeof report === "object" && report !== null
    ? Object.entries(report).find(([name]) => name === key)
    : [];
  if (typeof value?.[1] !== "number") throw new Error(`No ${key} in what llama.cpp's bench printed`);
  return value[1];
}
