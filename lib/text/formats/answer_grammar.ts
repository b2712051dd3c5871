import type { ToolUse } from "../../engine/conversation.ts";
import { embedGrammar } from "../../grammar/embed_grammar.ts";
import { choice, optional, repeat, rule, sequence, text, until } from "../../grammar/expressions.ts";
import { type Expression, type Grammar, ROOT } from "../../grammar/grammar.ts";
import { callsGrammar } from "./calls_grammar.ts";
import type { CallFormat, SpeechFormat, ThoughtFormat } from "./format.ts";
import { responseGrammar } from "./generic.ts";
import { literalGrammar } from "./item_grammar.ts";

/** What an answer is to be made of. */
export interface AnswerShape {
  thoughts?: ThoughtFormat;
  /** Whether the prompt ends within them, or has ended them; `free`: the model may begin some. */
  thinking: "open" | "closed" | "free";
  speech?: SpeechFormat;
  /** Absent where no tool may be called. */
  calls?: { format: CallFormat; use: ToolUse };
  /** What is said is in an object in JSON, unless `grammar` says what it is. */
  response?: boolean;
  /** What is said. */
  grammar?: Grammar;
  /** Make one although all may be anything: the thoughts are to be ended. */
  always?: boolean;
}

/** What may be between thoughts and what follows them. */
const LINES = repeat(text("\n"), 0, 2);

/** Makes the grammar of a whole answer; undefined where it may be anything. */
export function answerGrammar(shape: AnswerShape): Grammar | undefined {
  const { thoughts, thinking, calls, grammar, always = false } = shape;
  if (calls === undefined && grammar === undefined && !always) return undefined;
  const rules: Record<string, Expression> = {};
  rules.answer = withoutThoughts(shape, rules);
  const answer = rule("answer");
  if (thoughts === undefined || thinking === "closed") return { rules: { ...rules, [ROOT]: answer } };
  const { start, end } = thoughts;
  const behind = sequence(until(end), LINES, answer);
  if (thinking === "open") return { rules: { ...rules, [ROOT]: behind } };
  return { rules: { ...rules, [ROOT]: choice(sequence(LINES, literalGrammar(start), behind), answer) } };
}

function withoutThoughts(
  { speech, calls, response, grammar }: AnswerShape,
  rules: Record<string, Expression>,
): Expression {
  const given = grammar === undefined ? undefined : spoken(embedGrammar(rules, grammar, "text-"), speech);
  if (calls === undefined) return given ?? { kind: "free", without: [] };
  const { format, use } = calls;
  const made = callsGrammar(format, use, rules);
  const required = use.choice.mode === "required";
  if (format.isSpoken) {
    const calls = required ? made.required : made.beginning ?? made.required;
    if (required || given !== undefined) return choice(spoken(calls, speech), ...(required || !given ? [] : [given]));
    return spoken(response ? choice(responseGrammar(rules), calls) : calls, speech);
  }
  if (required) return made.required;
  if (given !== undefined) return choice(given, made.beginning ?? made.required);
  const said = speech?.required === true ? sequence(literalGrammar(speech.start ?? ""), made.speech) : made.firstSpeech;
  return made.beginning === undefined ? said : choice(made.beginning, said);
}

/** With the marks that may be around it. */
function spoken(said: Expression, speech: SpeechFormat | undefined): Expression {
  if (speech === undefined) return said;
  return sequence(
    startGrammar(speech),
    said,
    ...(speech.end === undefined ? [] : [optional(literalGrammar(speech.end))]),
  );
}

function startGrammar({ start = "", also, required }: SpeechFormat): Expression {
  const either = choice(literalGrammar(start), ...(also === undefined ? [] : [literalGrammar(also)]));
  return required === true ? either : optional(either);
}
