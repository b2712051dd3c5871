import { openByteSource } from "../../lib/container/mod.ts";
import { readGguf } from "../../lib/gguf/mod.ts";
import { makeGguf } from "../lib/gguf/make_gguf.ts";
import { remakeMetadata, remakeTensors, scalar } from "../lib/gguf/remake_gguf.ts";

/**
 * Writes the first layers of a model as a model of its own: it says nothing of sense, with the same vocabulary and by the same code, in a
 * fraction of the time.
 *
 * @param path The whole model, of llama's architecture.
 * @returns The path of a temporary file.
 */
export async function makeShallowModel(path: string, layers: number): Promise<string> {
  using source = openByteSource(path);
  const gguf = readGguf(source);
  const kept = (name: string): boolean => Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? 0) < layers;
  const bytes = makeGguf({
    metadata: { ...remakeMetadata(gguf), "llama.block_count": scalar("u32", layers) },
    tensors: remakeTensors(gguf).filter(({ name }) => kept(name)),
  });
  const shallow = await Deno.makeTempFile({ suffix: ".gguf" });
  await Deno.writeFile(shallow, bytes);
  return shallow;
}
