import type { Automaton } from "./automaton.ts";
import { ANY_CHAR, commonRanges } from "./char_ranges.ts";
import { WORD } from "./character_classes.ts";
import { compileSearch } from "./compile_regular.ts";
import { fromUtf16 } from "./from_utf16.ts";
import { ANY_UNIT, PatternParser } from "./pattern_parser.ts";
import { UnsupportedPattern } from "./unsupported_pattern.ts";

/** A longer one is refused. */
const LONGEST = 100_000;

/**
 * The texts that a `pattern` of JSON Schema is found in: exactly those for which `new RegExp(source, "u").test(text)` is true by
 * ECMA-262, or without "u" where the pattern is none with it. (V8 alone finds what takes no character, like `\B`, in the middle of a surrogate
 * pair, too.) Lookaheads and `\b` are held, too; backreferences, lookbehinds, flags within the pattern, and lookaheads
 * inside of a repetition without end or before a `^` or `\b` can't be.
 *
 * @throws {UnsupportedPattern} for those, which names the part and its position, and for mistakes in a pattern.
 * @throws {TooLarge} when the automaton would have too many states.
 */
export function compilePattern(source: string): Automaton {
  if (source.length > LONGEST) {
    const short = `${source.slice(0, 40)}…`;
    throw new UnsupportedPattern(short, `has ${source.length} characters; at most ${LONGEST} are allowed`);
  }
  const unicode = isUnicode(source);
  const regular = new PatternParser(source, unicode).parse();
  const any = unicode ? ANY_CHAR : ANY_UNIT;
  const automaton = compileSearch(regular, { any, word: commonRanges(any, WORD) }, ({ negated, position }, why) => {
    const what = `a lookahead (${negated ? "(?!" : "(?="}…)`;
    return new UnsupportedPattern(
      source,
      `has ${what} at position ${position}, which no grammar can hold ${why}`,
      position,
    );
  });
  return unicode ? automaton : fromUtf16(automaton);
}

/** Whether the engine takes a pattern with the flag `u`; that throws where it takes it neither way. */
function isUnicode(source: string): boolean {
  try {
    return new RegExp(source, "u").unicode;
  } catch {
    // Then it may be one of the older, looser syntax.
  }
  try {
    return new RegExp(source).unicode;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.slice(message.lastIndexOf(": ") + 2);
    throw new UnsupportedPattern(source, `is no regular expression of ECMA-262: ${reason}`);
  }
}
