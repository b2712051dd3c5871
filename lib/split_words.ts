import { EngineError } from "./errors.ts";

/**
 * Splits a line into words as a POSIX shell does: blanks separate, quotes keep together, a backslash takes the next character as it is
 * (inside double quotes only before `"`, `\`, `$` and a backtick). Nothing is expanded.
 *
 * @see {@link https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02} Quoting
 * @throws {EngineError} `usage` when a quote is not closed or a backslash ends the line.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: "'" | '"' | undefined;
  for (let i = 0; i < line.length; i++) {
    const char = line[i] ?? "";
    const next = line[i + 1];
    if (char === "\\" && quote !== "'" && (quote === undefined || (next !== undefined && '"\\$`'.includes(next)))) {
      if (next === undefined) throw new EngineError("usage", `A backslash ends ${JSON.stringify(line)}`);
      word = (word ?? "") + next;
      i++;
    } else if (char === quote) quote = undefined;
    else if (quote === undefined && (char === "'" || char === '"')) {
      quote = char;
      word ??= "";
    } else if (quote === undefined && /[ \t\r\n]/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + char;
  }
  if (quote !== undefined) throw new EngineError("usage", `A ${quote} is not closed in ${JSON.stringify(line)}`);
  return word === undefined ? words : [...words, word];
}
