import { gemmaTurns } from "./gemma_turns.ts";
import { resultsInOrderOfCalls } from "./results_in_order_of_calls.ts";
import type { TemplateMessage, TemplatePart } from "./template_message.ts";

/** How an answer that is to be continued begins. */
export interface AnswerOpening {
  /** Before its thoughts; undefined where thoughts are left out. */
  thoughts?: string;
  /** Before its words, behind the thoughts. */
  words: string;
}

/** What is known of an answer that is to be continued. */
export interface Continuation {
  /** The conversation without it, rendered. */
  prompt: string;
  /** What the template would begin an answer with. */
  generationPrompt: string;
  /** What the answer thought, empty where it did not. */
  reasoning: string;
}

/** Templates that llama-server knows by their source, and treats in a way of its own. */
export interface TemplateFamily {
  name: string;
  /** Texts that its templates have, and none of which they have. */
  has: readonly string[];
  lacks?: readonly string[];
  /** Whether its models think. */
  thinks(source: string): boolean;
  /** What is done to the messages before they are rendered. */
  prepare?(messages: TemplateMessage[], source: string): TemplateMessage[];
  /** What is put behind a prompt whose answer is about to begin. */
  beginning?(prompt: string): string;
  /** How an answer that is to be continued begins. */
  opening(continuation: Continuation, source: string): AnswerOpening;
}

const CHATML_ANSWER = "<|im_start|>assistant\n";
const thinks = (): boolean => true;

/** The families, the first that fits first; llama.cpp's `common_chat_try_specialized_template` tells them apart by the same texts. */
const FAMILIES: readonly TemplateFamily[] = [
  {
    name: "ministral",
    has: ["[SYSTEM_PROMPT]", "[TOOL_CALLS]", "[ARGS]"],
    lacks: ["[CALL_ID]"],
    thinks,
    prepare: (messages) => messages.map(withThoughtsAsPart),
    opening: () => ({ thoughts: "[THINK]", words: "[/THINK]" }),
  },
  {
    name: "harmony",
    has: ["<|channel|>"],
    thinks,
    prepare: (messages) => messages.map(harmonyMessage),
    opening: () => ({
      thoughts: "<|start|>assistant<|channel|>analysis<|message|>",
      words: "<|end|><|start|>assistant<|channel|>final<|message|>",
    }),
  },
  {
    name: "muse",
    has: ["<atem:function_calls>", "<|eom|>"],
    thinks,
    opening: () => ({
      thoughts: "<|start|>assistant to=self<|message|>",
      words: "<|eom|><|start|>assistant to=user<|message|>",
    }),
  },
  {
    name: "functionary",
    has: [">>>all", ">>>${recipient}"],
    thinks: () => false,
    opening: () => ({ words: "<|start_header_id|>assistant<|end_header_id|>\n\n>>>all\n" }),
  },
  {
    name: "kimi-k2",
    has: ["<|tool_calls_section_begin|>", "<|tool_call_begin|>"],
    thinks,
    opening: () => ({ thoughts: "<|im_assistant|>assistant<|im_middle|><think>", words: "</think>" }),
  },
  {
    name: "kimi-k3",
    has: ["<|open|>", "<|close|>", "<|end_of_msg|>"],
    thinks,
    opening: () => ({
      thoughts: '<|open|>message role="assistant"<|sep|><|open|>think<|sep|>',
      words: "<|close|>think<|sep|><|open|>response<|sep|>",
    }),
  },
  {
    name: "cohere-moe",
    has: ["<|START_TEXT|>", "<|START_ACTION|>"],
    thinks,
    opening: () => ({
      thoughts: "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|><|START_THINKING|>",
      words: "<|END_THINKING|><|START_TEXT|>",
    }),
  },
  lfm({ has: ["<|tool_list_start|>", "<|tool_list_end|>"] }),
  lfm({ has: ["List of tools: ["], lacks: ["<|tool_list_start|>"] }),
  {
    name: "gigachat",
    has: ["<|role_sep|>", "<|message_sep|>"],
    lacks: ["<|function_call|>"],
    thinks: () => false,
    opening: () => ({ words: "assistant<|role_sep|>\n" }),
  },
  {
    name: "minimax-m3",
    has: ["]<]minimax[>[", "<tool_call>", "<invoke name="],
    thinks,
    opening: ({ generationPrompt }) => ({ thoughts: `${generationPrompt}<mm:think>`, words: "</mm:think>" }),
  },
  {
    name: "deepseek-dsml",
    has: ["dsml_token", "DSML", "_calls"],
    thinks,
    prepare: (messages, source) => isDeepseek4(source) ? resultsInOrderOfCalls(messages) : messages,
    opening: ({ reasoning }, source) =>
      isDeepseek4(source) && reasoning === ""
        ? { thoughts: "<｜Assistant｜></think>", words: "" }
        : { thoughts: "<｜Assistant｜><think>", words: "</think>" },
  },
  {
    name: "gemma-4",
    has: ["'<|tool_call>call:'"],
    thinks,
    prepare: (messages, source) => source.includes("{#- OpenAI Chat Completions:") ? messages : gemmaTurns(messages),
    beginning: (prompt) => prompt.endsWith(GEMMA_TURN_END) ? GEMMA_ANSWER : "",
    opening: ({ prompt }) => ({
      thoughts: `${prompt.endsWith(GEMMA_TURN_END) ? GEMMA_ANSWER : ""}<|channel>thought\n`,
      words: "<channel|>",
    }),
  },
  {
    name: "minicpm5",
    has: ["Tool usage guidelines:", '<function name="', '<param name="'],
    thinks,
    opening: () => ({ thoughts: `${CHATML_ANSWER}<think>\n`, words: "\n</think>\n\n" }),
  },
  {
    name: "qwen3-coder",
    has: ["<tool_call>", "<function=", "<parameter="],
    thinks: hasThinkTag,
    opening: (_, source) =>
      hasThinkTag(source)
        ? { thoughts: `${CHATML_ANSWER}<think>\n`, words: "\n</think>\n\n" }
        : { words: CHATML_ANSWER },
  },
];

const GEMMA_TURN_END = "<turn|>\n";
const GEMMA_ANSWER = "<|turn>model\n";

/** The family that a template belongs to; undefined where it is one of the many that are found out about by rendering. */
export function familyOf(source: string): TemplateFamily | undefined {
  return FAMILIES.find(({ has, lacks = [] }) =>
    has.every((text) => source.includes(text)) && !lacks.some((text) => source.includes(text))
  );
}

function lfm(texts: Pick<TemplateFamily, "has" | "lacks">): TemplateFamily {
  return {
    name: "lfm2",
    ...texts,
    thinks,
    prepare: (messages) => messages.map(withThinking),
    opening: () => ({ thoughts: `${CHATML_ANSWER}<think>`, words: "</think>" }),
  };
}

function hasThinkTag(source: string): boolean {
  return source.includes("<think>");
}

/** DeepSeek V3.2 calls the block of calls `function_calls`, V4 `tool_calls`. */
function isDeepseek4(source: string): boolean {
  return !source.includes("function_calls");
}

function withThinking(message: TemplateMessage): TemplateMessage {
  const { reasoning_content: thinking } = message;
  return thinking === undefined ? message : { ...message, thinking };
}

function harmonyMessage(message: TemplateMessage): TemplateMessage {
  if (message.reasoning_content === undefined || message.tool_calls === undefined) return withThinking(message);
  const { content: _, ...rest } = withThinking(message);
  return rest;
}

/** What an assistant thought as a part of its content, before its words. */
function withThoughtsAsPart(message: TemplateMessage): TemplateMessage {
  if (message.role !== "system" && message.role !== "assistant") return message;
  const { reasoning_content: thinking, content, ...rest } = message;
  const words: TemplatePart[] = typeof content === "string" ? [{ type: "text", text: content }] : content ?? [];
  return { ...rest, content: thinking === undefined ? words : [{ type: "thinking", thinking }, ...words] };
}
