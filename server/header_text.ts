/**
 * A text as a header may hold it: visible ASCII and spaces, all else escaped as JSON has it.
 *
 * @param most Characters; what is longer ends in three points.
 */
export function headerText(text: string, most: number): string {
  const escaped = text.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return escaped.length <= most ? escaped.trim() : `${escaped.slice(0, most - 3).trim()}...`;
}
