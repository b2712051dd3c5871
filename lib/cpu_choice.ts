import { createHash } from "node:crypto";
import { join } from "node:path";

/** The file beside the libraries: the processor that it holds for, and the variant that ggml chose on it. */
const FILE = "cpu_variant";
/** The kernel describes the first processor within this many bytes. */
const FIRST_PROCESSOR_BYTES = 8192;

/**
 * The CPU variant that ggml chose on this very kind of processor at an earlier start. Asking all variants again, each of them checked and opened
 * first, takes a seventh of the time to the first token.
 *
 * @param folder Where the libraries lie.
 * @returns undefined when there is none, or it holds for another processor.
 */
export function rememberedVariant(folder: string): string | undefined {
  try {
    const [processor, variant] = Deno.readTextFileSync(join(folder, FILE)).split("\n");
    return processor !== undefined && processor === processorIdentity() ? variant : undefined;
  } catch {
    return undefined; // Not there yet: the next start will know.
  }
}

/** Notes the variant that ggml chose; where that cannot be written, the next start chooses again. */
export function rememberVariant(folder: string, variant: string): void {
  const temporary = join(folder, `${FILE}.${Deno.pid}.tmp`);
  try {
    const processor = processorIdentity();
    if (processor === undefined || rememberedVariant(folder) === variant) return;
    Deno.writeTextFileSync(temporary, `${processor}\n${variant}\n`, { mode: 0o600 });
    Deno.renameSync(temporary, join(folder, FILE));
  } catch {
    // A full disk, say: nothing is lost but a few milliseconds.
  }
}

/** Model and instruction sets of the first processor, hashed; undefined where the OS does not tell (only Linux does). */
function processorIdentity(): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  using file = Deno.openSync("/proc/cpuinfo");
  const bytes = new Uint8Array(FIRST_PROCESSOR_BYTES);
  const text = new TextDecoder().decode(bytes.subarray(0, file.readSync(bytes) ?? 0));
  const lines = text.split("\n\n")[0]?.split("\n") ?? [];
  const telling = lines.filter((line) => /^(model name|flags|Features|CPU (implementer|part|variant))\s*:/.test(line));
  return telling.length === 0 ? undefined : createHash("sha256").update(telling.join("\n")).digest("hex");
}
