import type { Grammar } from "../grammar/grammar.ts";

/** JSON of any kind. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A JSON Schema (2020-12): an object of keywords, or whether everything or nothing is allowed. */
export type JsonSchema = boolean | { [keyword: string]: Json };

/** A function that a model may call. `grammar` and `parameters` say the same. */
export interface Tool {
  name: string;
  description?: string;
  /** What its arguments, an object, must be; an object without properties when absent. */
  parameters?: JsonSchema;
  /** What derives the JSON text of such arguments. */
  grammar: Grammar;
}

/** A call of a function, as an assistant's message has it. */
export interface ToolCall {
  id: string;
  name: string;
  /** JSON text of an object, as the model or the client wrote it. */
  arguments: string;
}

/** One message of a conversation, as a chat template takes it. */
export interface ChatMessage {
  /** `system`, `user`, `assistant`, `tool`, or whatever else the model's template knows. */
  role: string;
  content: string;
  /** The texts that {@linkcode content} is made of, by line breaks, where it came in parts: templates that know parts get them so. */
  parts?: string[];
  name?: string;
  /** What an assistant thought before it answered. */
  reasoning?: string;
  /** What an assistant called. */
  toolCalls?: ToolCall[];
  /** Of a message of the role `tool`: the call whose result it is. */
  toolCallId?: string;
}

/** Functions that the model may call in its answer, and which of them it must. */
export interface ToolUse {
  /** At least one; all are shown to the model. */
  tools: Tool[];
  /** `auto`: it may; `required`: it must; `names`: only these, each of them in `tools`. */
  choice: { mode: "auto" | "required" | "none"; names?: string[] };
  /** Whether it may make several calls; as models of its format do when absent. */
  parallel?: boolean;
}

/** How a conversation becomes a prompt. */
export interface TemplateUse {
  /** Further variables of the template, such as `enable_thinking`. */
  variables?: { [name: string]: Json };
  /** End with the beginning of an answer; true when absent. */
  addGenerationPrompt?: boolean;
  /** The last message is an assistant's, and the answer goes on with it. */
  continueFinal?: boolean;
}

/** How a model thinks before it answers. */
export interface ReasoningUse {
  /** Handed to the template as `reasoning_effort`: `low`, `medium`, `high`, … */
  effort?: string;
  /** Handed to the template as `enable_thinking`, `thinking`; as the template has it when absent. */
  enabled?: boolean;
  /** Tokens of thought after which it is ended; 0 ends it at once, without end when absent. */
  budget?: number;
  /** Give thoughts out as text, as the model wrote them, instead of as events of their own. */
  inline?: boolean;
}

/** A conversation to be answered. */
export interface Chat {
  messages: ChatMessage[];
  tools?: ToolUse;
  template?: TemplateUse;
  reasoning?: ReasoningUse;
}
