import type { Json, JsonSchema } from "../../engine/conversation.ts";
import { embedGrammar } from "../../grammar/embed_grammar.ts";
import { choice, optional, rule, sequence, text } from "../../grammar/expressions.ts";
import type { Expression } from "../../grammar/grammar.ts";
import type { ParameterStyle } from "./format.ts";
import type { ToolRules } from "./item_grammar.ts";
import { parameterType, propertySchema } from "./parameter_type.ts";

/** What derives the parameters of a tool one by one, in the order of its schema; those it does not require may be left out. */
export function parametersGrammar(style: ParameterStyle, { tool, prefix, rules }: ToolRules): Expression {
  throw new Error(`${style.before} ${tool.name} ${prefix} ${Object.keys(rules)}`);
}
void [embedGrammar, choice, optional, rule, sequence, text, parameterType, propertySchema];
export type { Json, JsonSchema };
