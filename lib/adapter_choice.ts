/** A LoRA adapter and how strongly it applies. */
export interface AdapterChoice {
  /** Its file; `/zip/lora/NAME` for one packed with the model, as llamafiles name what is inside them. */
  path: string;
  /** 1 is whole, 0 nothing. */
  scale: number;
}

const INSIDE = "/zip/";

/** Reads `adapter.gguf` or `adapter.gguf:0.5`; a colon that no number follows belongs to the path. */
export function parseAdapterChoice(given: string): AdapterChoice {
  const found = /^(.+):(-?\d+(?:\.\d+)?)$/s.exec(given);
  return found?.[1] === undefined ? { path: given, scale: 1 } : { path: found[1], scale: Number(found[2]) };
}

/** Writes the choice of an adapter packed as `lora/NAME`, for `.args`. */
export function packedAdapter(name: string, scale: number): string {
  return packedPath(`lora/${name}:${scale}`);
}

/** Writes the path of an entry packed with the model, for `.args`. */
export function packedPath(entry: string): string {
  return `${INSIDE}${entry}`;
}

/** The entry that a path names; undefined for a file of its own. */
export function packedEntryName({ path }: { path: string }): string | undefined {
  return path.startsWith(INSIDE) ? path.slice(INSIDE.length) : undefined;
}
