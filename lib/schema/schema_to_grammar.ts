import type { JsonSchema } from "../engine/conversation.ts";
import { type Expression, ROOT } from "../grammar/grammar.ts";
import { findGrammarProblem } from "../grammar/find_grammar_problem.ts";
import { checkSize } from "./check_schema.ts";
import { Compilation } from "./compilation.ts";
import { Emitter } from "./emitter.ts";
import { Emptiness } from "./emptiness.ts";
import { Expander } from "./expander.ts";
import { Numbers } from "./numbers.ts";
import { References } from "./references.ts";
import type { KeywordPlace, SchemaGrammar, SchemaOptions } from "./schema_types.ts";
import { Strings } from "./strings.ts";
import { isProductive, productiveRules, tidyGrammar } from "./tidy_grammar.ts";

/**
 * Writes a grammar of the JSON texts of all values that fit a JSON Schema (2020-12, and what is still sent of earlier drafts and of OpenAPI 3.0),
 * as Python's `json.dumps` spells them: `{"a": 1, "b": [1, 2]}`. Every beginning of a text can be brought to an end.
 *
 * It derives fewer texts than there are values that fit, in order that an answer is what is meant, and all of them fit:
 * - properties come in the order of the schema;
 * - where a schema has `properties` and does not say `additionalProperties`, there are none but these; likewise `prefixItems` without `items`;
 * - where a schema has no `type`, the types are meant that its keywords speak of.
 *
 * @throws {EngineError} `invalid_value` when the schema is wrong, too large, or nothing can fit it; with `strict` also when something in it
 * can't be held. It names the place in the schema and the keyword.
 */
export function schemaToGrammar(schema: JsonSchema, options: SchemaOptions = {}): SchemaGrammar {
  const compilation = new Compilation(options);
  checkSize(schema, compilation);
  const expander = new Expander(compilation, new References(schema, compilation));
  const strings = new Strings(expander);
  const numbers = new Numbers(compilation);
  const emptiness = new Emptiness(expander, strings, numbers);
  expander.isEmpty = (goal) => emptiness.of(goal);
  const emitter = new Emitter({ expander, strings, numbers, prefix: options.prefix ?? "schema-" });
  const root = emitter.goal([{ schema, pointer: "", negated: false }]);
  const grammar = tidyGrammar({ rules: { [ROOT]: root, ...emitter.rules } });
  if (grammar === undefined) {
    const cause = causeOf(root, emitter);
    if (cause === undefined) throw compilation.error("", "nothing can fit it, since it contains itself without end");
    throw compilation.error(cause.pointer, `nothing can fit it because of ${JSON.stringify(cause.keyword)}`);
  }
  const { problem } = findGrammarProblem(grammar) ?? {};
  if (problem !== undefined) throw compilation.error("", `its grammar is too large: ${problem}`);
  return { grammar, relaxed: compilation.relaxed, held: compilation.held };
}

/** Why nothing is derived: the first cause on the way through what must be there. */
function causeOf(root: Expression, emitter: Emitter): KeywordPlace | undefined {
  const productive = productiveRules(emitter.rules);
  const seen = new Set<string>();
  const search = (expression: Expression): KeywordPlace | undefined => {
    const own = emitter.causeOf(expression);
    if (own !== undefined || isProductive(expression, productive)) return own;
    switch (expression.kind) {
      case "sequence":
        return firstOf(expression.items, search);
      case "choice":
        return firstOf(expression.options, search);
      case "repeat":
        return search(expression.item);
      case "rule": {
        const inner = emitter.rules[expression.name];
        if (inner === undefined || seen.has(expression.name)) return undefined;
        seen.add(expression.name);
        return search(inner);
      }
      default:
        return undefined;
    }
  };
  return search(root);
}

function firstOf<T, R>(list: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of list) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
