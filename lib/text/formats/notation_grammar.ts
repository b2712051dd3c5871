import type { Expression } from "../../grammar/grammar.ts";
import type { ToolRules } from "./item_grammar.ts";

/** What derives the arguments of a tool in a notation that is not JSON. */
export function notationGrammar(notation: "python" | "gemma", { tool }: ToolRules): Expression {
  throw new Error(`${notation} ${tool.name}`);
}
