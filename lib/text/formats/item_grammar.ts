import type { Tool } from "../../engine/conversation.ts";
import { embedGrammar } from "../../grammar/embed_grammar.ts";
import { chars, marker, repeat, rule, sequence, text } from "../../grammar/expressions.ts";
import { type Expression, ROOT } from "../../grammar/grammar.ts";
import { type Field, type Item, looksLikeToken, splitTokens } from "./format.ts";
import { notationGrammar } from "./notation_grammar.ts";
import { parametersGrammar } from "./parameters_grammar.ts";

/** A tool that a grammar may call, and the name of its rules there. */
export interface ToolRules {
  tool: Tool;
  /** Begins the names of its rules. */
  prefix: string;
  rules: Record<string, Expression>;
}

/** What derives a call of a tool, by these items, as models write it. */
export function itemsGrammar(items: readonly Item[], to: ToolRules): Expression {
  return sequence(...items.map((item) => itemGrammar(item, to)));
}

/** What derives this text; parts of it that can be control tokens may be those. */
export function literalGrammar(literal: string): Expression {
  return sequence(...splitTokens(literal).map((part) => looksLikeToken(part) ? marker(part) : text(part)));
}

function itemGrammar(item: Item, to: ToolRules): Expression {
  switch (item.kind) {
    case "literal":
      return literalGrammar(item.text);
    case "space":
      return text(item.usual);
    case "name":
      return text(to.tool.name);
    case "signs":
      return repeat(item.of === "digits" ? chars(["0", "9"]) : LETTERS, item.min, item.max);
    case "id":
      return itemsGrammar(item.items, to);
    case "optional":
      return text("");
    case "arguments":
      return argumentsGrammar(to);
    case "object":
      return sequence(text("{"), ...item.fields.flatMap((field, index) => fieldGrammar(field, index, to)), text("}"));
    case "parameters":
      return parametersGrammar(item, to);
    case "notation":
      return notationGrammar(item.notation, to);
  }
}

const LETTERS = chars(["0", "9"], ["A", "Z"], ["a", "z"]);

function fieldGrammar(field: Field, index: number, to: ToolRules): Expression[] {
  const key = text(`${index === 0 ? "" : ", "}${JSON.stringify(field.key)}: `);
  if (field.is === "name") return [key, text(JSON.stringify(to.tool.name))];
  if (field.is === "arguments") return [key, argumentsGrammar(to)];
  const signs = field.signs === "counter"
    ? repeat(chars(["0", "9"]), 1, 2)
    : repeat(LETTERS, field.signs ?? 1, field.signs ?? 24);
  return [key, text('"'), signs, text('"')];
}

function argumentsGrammar({ tool, prefix, rules }: ToolRules): Expression {
  const root = `${prefix}arguments-${ROOT}`;
  return Object.hasOwn(rules, root) ? rule(root) : embedGrammar(rules, tool.grammar, `${prefix}arguments-`);
}
