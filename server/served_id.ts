/** The tag that Ollama's clients put behind a name that has none. */
export const DEFAULT_TAG = ":latest";

/** The id that a name means: of those that are served itself, else the one that Ollama's tag was put behind; a name that means none stays as it is. */
export function servedId(name: string | null | undefined, ids: readonly string[]): string | undefined {
  if (!name?.endsWith(DEFAULT_TAG) || ids.includes(name)) return name ?? undefined;
  const bare = name.slice(0, -DEFAULT_TAG.length);
  return ids.includes(bare) ? bare : name;
}
