import { join } from "node:path";

/** Seconds that packing takes, and that copying and hashing the same bytes with the shell takes. */
export interface PackResult {
  packSeconds: number;
  shellSeconds: number;
}

/** Packs a model, and does `cat BASE MODEL >x && sync x && sha256sum MODEL`; `packFirst` says which goes first. */
export async function measurePack(
  { base, model, folder }: { base: string; model: string; folder: string },
  packFirst: boolean,
): Promise<PackResult> {
  const output = join(folder, "packed.llamafile");
  const copy = join(folder, "copy");
  const pack = (): Promise<number> => timed(base, ["pack", model, "-o", output]);
  const shell = (): Promise<number> =>
    timed("sh", ["-c", 'cat "$0" "$1" >"$2" && sync "$2" && sha256sum "$1"', base, model, copy]);
  await Deno.remove(output).catch(() => {});
  await Deno.remove(copy).catch(() => {});
  if (packFirst) {
    const packSeconds = await pack();
    return { packSeconds, shellSeconds: await shell() };
  }
  const shellSeconds = await shell();
  return { packSeconds: await pack(), shellSeconds };
}

async function timed(command: string, args: string[]): Promise<number> {
  const started = performance.now();
  const { success, stderr } = await new Deno.Command(command, { args, stdout: "null", stderr: "piped" }).output();
  if (!success) throw new Error(`${command} failed: ${new TextDecoder().decode(stderr)}`);
  return (performance.now() - started) / 1000;
}

/**
 * Writes a GGUF of about `size` bytes that no file system can store as a hole: a header with one large tensor, then noise.
 *
 * @see {@link https://github.com/ggml-org/ggml/blob/master/docs/gguf.md} the format
 */
export async function writeLargeGguf(path: string, size: number): Promise<void> {
  const block = new Uint8Array(32 << 20);
  for (let i = 0; i < block.length; i += 65536) crypto.getRandomValues(block.subarray(i, i + 65536));
  const blocks = Math.ceil(size / block.length);
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  await writer.write(header(blocks * block.length / 4));
  for (let i = 0; i < blocks; i++) {
    new DataView(block.buffer).setUint32(0, i);
    await writer.write(block);
  }
  await writer.close();
}

function header(elements: number): Uint8Array {
  const text = new TextEncoder();
  const string = (value: string): number[] => [...u64(value.length), ...text.encode(value)];
  const bytes = [
    ...text.encode("GGUF"),
    ...u32(3),
    ...u64(1),
    ...u64(1),
    ...string("general.architecture"),
    ...u32(8),
    ...string("llama"),
    ...string("token_embd.weight"),
    ...u32(1),
    ...u64(elements),
    ...u32(0),
    ...u64(0),
  ];
  return new Uint8Array([...bytes, ...new Array(-bytes.length & 31).fill(0)]);
}

function u32(value: number): number[] {
  return [...new Uint8Array(new Uint32Array([value]).buffer)];
}

function u64(value: number): number[] {
  return [...new Uint8Array(new BigUint64Array([BigInt(value)]).buffer)];
}
