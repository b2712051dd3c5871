import type { JsonSchema } from "../../engine/conversation.ts";
import type { Expression } from "../../grammar/grammar.ts";
import {
  type Automaton,
  compilePattern,
  complement,
  formatPattern,
  lengthBetween,
  TooLarge,
  toRules,
  UnsupportedPattern,
} from "../../grammar/mod.ts";
import { isObject } from "../../schema/mod.ts";

/**
 * What derives the strings of a schema as they are, without what closes them: by `pattern`, `minLength`, `maxLength` and `format`.
 *
 * @param close What follows the string.
 * @param to Where rules go, and how their names begin.
 * @returns Undefined where the schema says none of these, or it would take too much to hold them.
 */
export function rawStrings(
  schema: JsonSchema | undefined,
  close: string,
  to: { prefix: string; rules: Record<string, Expression> },
): Expression | undefined {
  if (!isObject(schema)) return undefined;
  try {
    const parts = partsOf(schema);
    if (parts.length === 0) return undefined;
    const without = complement(compilePattern([...close].map(escaped).join("")));
    const strings = parts.reduce((all, part) => all.intersect(part), without);
    if (strings.isEmpty) return undefined;
    const { rules, start } = toRules(strings, { prefix: `${to.prefix}s`, encode: "plain" });
    Object.assign(to.rules, rules);
    return start;
  } catch (error) {
    if (error instanceof TooLarge || error instanceof UnsupportedPattern) return undefined;
    throw error;
  }
}

function partsOf({ pattern, format, minLength, maxLength }: { [key: string]: unknown }): Automaton[] {
  const least = typeof minLength === "number" ? Math.max(0, Math.ceil(minLength)) : 0;
  const most = typeof maxLength === "number" ? Math.floor(maxLength) : undefined;
  const known = typeof format === "string" ? formatPattern(format) : undefined;
  return [
    ...(typeof pattern === "string" ? [compilePattern(pattern)] : []),
    ...(known === undefined ? [] : [known]),
    ...(least === 0 && most === undefined ? [] : [lengthBetween(least, most)]),
  ];
}

function escaped(sign: string): string {
  return `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`;
}
