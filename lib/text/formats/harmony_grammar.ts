import type { ToolUse } from "../../engine/conversation.ts";
import { embedGrammar } from "../../grammar/embed_grammar.ts";
import { choice, marker, optional, repeat, rule, sequence, text, until } from "../../grammar/expressions.ts";
import { type Expression, type Grammar, ROOT } from "../../grammar/grammar.ts";
import { allowedTools } from "./calls_grammar.ts";
import { HARMONY_TOKENS } from "./harmony.ts";

/**
 * What derives an answer of gpt-oss: thoughts and preambles, then one call or what is said; undefined where that may be anything.
 *
 * @param options `channel` is what the prompt has begun a message of; with `always` it is never undefined.
 */
export function harmonyGrammar(
  { use, grammar, channel, always }: {
    use: ToolUse | undefined;
    grammar: Grammar | undefined;
    channel: string | undefined;
    always: boolean;
  },
): Grammar | undefined {
  if (use === undefined && grammar === undefined && !always) return undefined;
  const rules: Record<string, Expression> = {};
  const said = grammar === undefined
    ? { kind: "free" as const, without: HARMONY_TOKENS }
    : embedGrammar(rules, grammar, "text-");
  const final = sequence(marker("<|channel|>"), text("final"), marker("<|message|>"), said);
  const calls = use === undefined ? [] : [callGrammar(use, rules)];
  const required = use?.choice.mode === "required";
  // What the model thinks is for no one: neither are calls of tools that it has not.
  const before = choice(text("analysis"), ...(use === undefined ? [] : [text("commentary")]));
  const next = sequence(until("<|end|>"), marker("<|start|>"), text("assistant"));
  const thought = sequence(marker("<|channel|>"), before, marker("<|message|>"), next);
  rules.answer = sequence(repeat(thought, 0), choice(...calls, ...(required ? [] : [final])));
  const begun = channel === undefined
    ? rule("answer")
    : channel === "final" && !required
    ? said
    : sequence(next, rule("answer"));
  return { rules: { ...rules, [ROOT]: begun } };
}

function callGrammar(use: ToolUse, rules: Record<string, Expression>): Expression {
  return choice(
    ...allowedTools(use).map(({ tool, index }) => {
      const to = text(` to=functions.${tool.name}`);
      const channel = sequence(marker("<|channel|>"), text("commentary"));
      const type = optional(choice(text(" json"), sequence(text(" "), marker("<|constrain|>"), text("json"))));
      const header = choice(sequence(channel, to, type), sequence(to, channel, type));
      return sequence(header, marker("<|message|>"), embedGrammar(rules, tool.grammar, `call-tool${index}-arguments-`));
    }),
  );
}
