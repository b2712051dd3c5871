import { findGrammarProblem } from "./find_grammar_problem.ts";
import type { Grammar } from "./grammar.ts";
import { GrammarError } from "./grammar_error.ts";

/**
 * Checks that a grammar can be followed: it is not too large (`grammar_limits.ts`), has a rule `root` and all rules that it names, none of which
 * begins with itself, and its parts are what {@linkcode Grammar} says.
 *
 * @throws {GrammarError} that names the first rule at fault and why.
 */
export function checkGrammar(grammar: Grammar): void {
  const found = findGrammarProblem(grammar);
  if (found !== undefined) throw new GrammarError(found.problem);
}
