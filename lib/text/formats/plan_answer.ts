import type { Chat, Tool, ToolUse } from "../../engine/conversation.ts";
import type { Grammar } from "../../grammar/grammar.ts";
import type { AnswerPlan } from "../answer_plan.ts";
import { answerGrammar } from "./answer_grammar.ts";
import { drawCallId } from "./draw_call_id.ts";
import type { ThoughtFormat } from "./format.ts";
import { genericFormat } from "./generic.ts";
import { HARMONY_TOKENS, harmonyChannel, type HarmonyReading, readHarmony } from "./harmony.ts";
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
  const use = chat.tools === undefined || chat.tools.choice.mode === "none" ? undefined : chat.tools;
  if (template.layout === "harmony") return planHarmony(chat, { use, prompt, grammar });
  const generic = template.layout === "generic";
  const format = generic ? genericFormat(use?.parallel ?? false) : template.calls;
  const calls = use === undefined || format === undefined ? undefined : { format, use };
  const { thoughts, speech } = template;
  const state = thoughts === undefined ? "closed" : thinkingState(prompt, thoughts, chat);
  const { enabled, budget, inline } = chat.reasoning ?? {};
  const unwanted = enabled === false || budget === 0;
  const response = generic && calls !== undefined && grammar === undefined;
  const shape = answerGrammar({
    thinking: unwanted && state === "free" ? "closed" : state,
    ...(thoughts === undefined ? {} : { thoughts }),
    ...(speech === undefined ? {} : { speech }),
    ...(calls === undefined ? {} : { calls }),
    ...(grammar === undefined ? {} : { grammar }),
    response,
  });
  const reading: AnswerReading = {
    ...(thoughts === undefined || inline ? {} : { thoughts, thinking: state === "open" }),
    ...(speech === undefined ? {} : { speech }),
    ...(calls === undefined ? {} : { calls: calls.format }),
    response,
    tools: toolsByName(use),
    drawId: () => drawCallId(format?.ids),
  };
  const tokens = unwanted ? 0 : budget;
  return {
    ...(shape === undefined ? {} : { grammar: shape }),
    markers: markersOf({ thoughts, speech, calls: calls?.format }),
    ...(reading.thoughts === undefined && reading.speech === undefined && calls === undefined
      ? {}
      : { parser: () => new StreamParser((input) => readAnswer(input, reading)) }),
    ...(tokens === undefined || thoughts === undefined || state === "closed"
      ? {}
      : { budget: { tokens, end: endOf(thoughts) } }),
  };
}

function planHarmony(
  { reasoning }: Chat,
  { use, prompt, grammar }: { use: ToolUse | undefined; prompt: string; grammar: Grammar | undefined },
): AnswerPlan {
  const channel = harmonyChannel(prompt);
  const shape = harmonyGrammar({ use, grammar, channel });
  const how: HarmonyReading = {
    channel,
    tools: use === undefined ? undefined : toolsByName(use),
    inline: reasoning?.inline ?? false,
    drawId: () => drawCallId(),
  };
  const tokens = reasoning?.enabled === false ? 0 : reasoning?.budget;
  return {
    ...(shape === undefined ? {} : { grammar: shape }),
    markers: HARMONY_TOKENS,
    parser: () => new StreamParser((input) => readHarmony(input, how)),
    ...(tokens === undefined ? {} : { budget: { tokens, end: "<|end|><|start|>assistant" } }),
  };
}

function toolsByName(use: ToolUse | undefined): Map<string, Tool> {
  return new Map(use?.tools.map((tool) => [tool.name, tool]));
}

function endOf({ end, pad }: ThoughtFormat): string {
  return (pad?.end ?? "") + end + (pad?.behind ?? "");
}
