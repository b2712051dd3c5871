/** Grammars: what answers may be, how texts are followed through them, and the regular languages that patterns, formats and ranges are. */
export type { Expression, Grammar } from "./grammar.ts";
export { ROOT } from "./grammar.ts";
export { Automaton } from "./automaton.ts";
export { anyOf, anyText, complement, concatenated, exactly, lengthBetween, noText } from "./text_automata.ts";
export { compilePattern } from "./compile_pattern.ts";
export { formatPattern, FORMATS } from "./format_pattern.ts";
export { integersBetween } from "./integers_between.ts";
export { numbersBetween } from "./numbers_between.ts";
export { TooLarge } from "./too_large.ts";
export { toRules } from "./to_rules.ts";
export { UnsupportedPattern } from "./unsupported_pattern.ts";
export { checkGrammar } from "./check_grammar.ts";
export { GrammarError } from "./grammar_error.ts";
export * from "./grammar_limits.ts";
export { parseGbnf } from "./parse_gbnf.ts";
export { writeGbnf } from "./write_gbnf.ts";
