/** One line of newline-delimited JSON, which has no line breaks of its own. */
export function jsonLine(data: object): string {
  return `${JSON.stringify(data)}\n`;
}
