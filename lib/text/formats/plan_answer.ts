import type { Chat, Tool, ToolUse } from "../../engine/conversation.ts";
import type { Grammar } from "../../grammar/grammar.ts";
import type { AnswerPlan } from "../answer_plan.ts";
import { answerGrammar } from "./answer_grammar.ts";
import { drawCallId } from "./draw_call_id.ts";
import type { ThoughtFormat } from "./format.ts";
import { genericFormat } from "./generic.ts";
import {
  HARMONY_NEXT,
  HARMONY_THOUGHT,
  HARMONY_TOKENS,
  harmonyChannel,
  type HarmonyReading,
  readHarmony,
} from "./harmony.ts";
import { harmonyGrammar } from "./harmony_grammar.ts";
import { markersOf } from "./markers_of.ts";
import { type AnswerReading, readAnswer } from "./read_answer.ts";
import { StreamParser } from "./stream_parser.ts";
import type { TemplateFacts } from "./template_facts.ts";
import { thinkingState } from "./thinking_state.ts";

/**
 * Says how the answer to a conversation is to be written and read.
 *
 * @param chat As it came, before {@linkcode prepareChat}.
 * @param prompt What the template has made of it.
 * @param grammar What the model is to say where it calls no tool; anything when absent.
 */
export function planAnswer(
  chat: Chat,
  { template, prompt, grammar }: { template: TemplateFacts; prompt: string; grammar?: Grammar },
): AnswerPlan {
  const generic = template.layout === "generic";
  const use = usableTools(chat, generic);
  if (template.layout === "harmony") return planHarmony(chat, { use, prompt, grammar });
  const format = generic ? genericFormat(use?.parallel ?? false) : template.calls;
  const calls = use === undefined || format === undefined ? undefined : { format, use };
  const { thoughts, speech } = template;
  const state = thoughts === undefined ? "closed" : thinkingState(prompt, thoughts, chat);
  const { inline = false } = chat.reasoning ?? {};
  const tokens = thoughts === undefined || state === "closed" ? undefined : budgetOf(chat);
  const response = generic && calls !== undefined && grammar === undefined;
  const shape = answerGrammar({
    thinking: tokens === 0 && state === "free" ? "closed" : state,
    ...(thoughts === undefined ? {} : { thoughts }),
    ...(speech === undefined ? {} : { speech }),
    ...(calls === undefined ? {} : { calls }),
    ...(grammar === undefined ? {} : { grammar }),
    response,
    always: tokens !== undefined,
  });
  const reading: AnswerReading = {
    ...(thoughts === undefined ? {} : { thoughts, thinking: state === "open" }),
    inline,
    ...(speech === undefined ? {} : { speech }),
    ...(calls === undefined ? {} : { calls: calls.format }),
    response,
    tools: toolsByName(use),
    drawId: () => drawCallId(format?.ids),
  };
  const isPlain = (thoughts === undefined || inline) && speech === undefined && calls === undefined;
  return {
    ...(shape === undefined ? {} : { grammar: shape }),
    markers: markersOf({ thoughts, speech, calls: calls?.format }),
    ...(isPlain ? {} : { parser: () => new StreamParser((input) => readAnswer(input, reading)) }),
    ...(tokens === undefined || thoughts === undefined ? {} : { budget: { tokens, ...marksOf(thoughts, state) } }),
  };
}

/** The tools that may be called. Models that were not taught to call make one call, unless they are asked for several. */
function usableTools({ tools }: Chat, generic: boolean): ToolUse | undefined {
  if (tools === undefined || tools.choice.mode === "none") return undefined;
  return { ...tools, parallel: tools.parallel ?? !generic };
}

/** Tokens that may be thought; undefined where there is no limit. */
function budgetOf({ reasoning }: Chat): number | undefined {
  return reasoning?.enabled === false ? 0 : reasoning?.budget;
}

/** What a budget has to look for, and to write. */
function marksOf(
  { start, end, pad }: ThoughtFormat,
  state: "open" | "free" | "closed",
): { begin?: string; end: string } {
  const ending = (pad?.end ?? "") + end + (pad?.behind ?? "");
  return state === "open" ? { end: ending } : { begin: start, end: ending };
}

function planHarmony(
  chat: Chat,
  { use, prompt, grammar }: { use: ToolUse | undefined; prompt: string; grammar: Grammar | undefined },
): AnswerPlan {
  const channel = harmonyChannel(prompt);
  const tokens = channel === "final" ? undefined : budgetOf(chat);
  const shape = harmonyGrammar({ use, grammar, channel, always: tokens !== undefined });
  const how: HarmonyReading = {
    channel,
    tools: use === undefined ? undefined : toolsByName(use),
    inline: chat.reasoning?.inline ?? false,
    drawId: () => drawCallId(),
  };
  const marks = { ...(channel === undefined ? { begin: HARMONY_THOUGHT } : {}), end: HARMONY_NEXT };
  return {
    ...(shape === undefined ? {} : { grammar: shape }),
    markers: HARMONY_TOKENS,
    parser: () => new StreamParser((input) => readHarmony(input, how)),
    ...(tokens === undefined ? {} : { budget: { tokens, ...marks } }),
  };
}

function toolsByName(use: ToolUse | undefined): Map<string, Tool> {
  return new Map(use?.tools.map((tool) => [tool.name, tool]));
}
