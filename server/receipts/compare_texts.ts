/** Characters shown before the first difference, and from there on. */
const BEFORE = 20;
const BEHIND = 40;

/**
 * The first place at which two texts differ, for a person; undefined where they are the same.
 *
 * @returns E.g. `at character 12: found "…abcX", expected "…abcY"`; characters are Unicode code points, from 0 on.
 */
export function compareTexts(found: string, expected: string): string | undefined {
  if (found === expected) return undefined;
  const [a, b] = [Array.from(found), Array.from(expected)];
  let at = 0;
  while (at < a.length && at < b.length && a[at] === b[at]) at++;
  return `at character ${at}: found ${around(a, at)}, expected ${around(b, at)}`;
}

function around(characters: readonly string[], at: number): string {
  const start = Math.max(0, at - BEFORE);
  const end = Math.min(characters.length, at + BEHIND);
  const shown = JSON.stringify(characters.slice(start, end).join(""));
  return `${start > 0 ? "…" : ""}${shown}${end < characters.length ? "…" : ""}`;
}
