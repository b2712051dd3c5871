/** A longer list is of no use to a reader, and headers have their limit. */
const MOST_KEYS = 32;

/**
 * The keys of a request body that its schema did not take, as dotted paths in their order; those that are null mean nothing and are left out.
 *
 * @param body As it was parsed.
 * @param taken What the schema made of it.
 */
export function droppedKeys(body: unknown, taken: unknown): string[] {
  const dropped: string[] = [];
  collect(body, taken, { path: "", dropped });
  return dropped.slice(0, MOST_KEYS);
}

function collect(body: unknown, taken: unknown, { path, dropped }: { path: string; dropped: string[] }): void {
  if (dropped.length >= MOST_KEYS || !isContainer(body) || !isContainer(taken)) return;
  // What a schema turned into something else was taken.
  if (Array.isArray(body) !== Array.isArray(taken)) return;
  const found = new Map(Object.entries(taken));
  for (const [key, value] of Object.entries(body)) {
    if (value === null) continue;
    const at = path === "" ? key : `${path}.${key}`;
    if (found.has(key)) collect(value, found.get(key), { path: at, dropped });
    else dropped.push(at);
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
