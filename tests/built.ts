import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DEFAULT_MODEL, findModel, findPulled } from "../models/mod.ts";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** The built program without a model; `deno task test` builds it first. */
export const PACKLLAMA = join(ROOT, "dist", "packllama");
/** The built file with the default model. */
export const LLAMAFILE = join(ROOT, "dist", `${DEFAULT_MODEL}.llamafile`);

/** The default model's GGUF, which the build fetched. */
export function defaultModelFile(): string {
  return findPulled(findModel(DEFAULT_MODEL).name);
}

/** How a command ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `packllama` (or another executable) to its end. */
export async function runPackllama(
  args: string[],
  options: Deno.CommandOptions & { executable?: string } = {},
): Promise<Outcome> {
  const { executable = PACKLLAMA, ...rest } = options;
  const output = await new Deno.Command(executable, { args, stdin: "null", ...rest }).output();
  const text = new TextDecoder();
  return { code: output.code, stdout: text.decode(output.stdout), stderr: text.decode(output.stderr) };
}
