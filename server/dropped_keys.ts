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
  // What was taken as it is, JSON of any depth, has lost nothing.
  if (body === taken) return;
  // What a schema turned into something else was taken.
  if (Array.isArray(body) !== Array.isArray(taken)) return;
  const look = (key: string | number, value: unknown, isTaken: boolean): void => {
    const at = path === "" ? String(key) : `${path}.${key}`;
    if (isTaken) collect(value, Reflect.get(taken, key), { path: at, dropped });
    else dropped.push(at);
  };
  if (Array.isArray(body) && Array.isArray(taken)) {
    // A megabyte of tokens has nothing to look into, and no key is made for each.
    for (let i = 0; i < body.length; i++) {
      const value: unknown = body[i];
      if (i < taken.length ? isContainer(value) : value !== null) look(i, value, i < taken.length);
    }
    return;
  }
  for (const [key, value] of Object.entries(body)) {
    if (value !== null) look(key, value, Object.hasOwn(taken, key));
  }
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
