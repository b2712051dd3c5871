import type { Json } from "./engine/conversation.ts";
import { flag, integer, MAX_INT32, oneOf, onOffAuto, text } from "./option_value.ts";
import type { OptionSpec } from "./options.ts";

/** Efforts of reasoning, as OpenAI and llama-server call them; `none` turns thoughts off. */
export const REASONING_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** The options of `serve` that say how conversations become prompts, and how a model thinks, when a request does not. */
export const TEMPLATE_OPTIONS = {
  chatTemplate: {
    flags: "--chat-template <jinja>",
    group: "Generation",
    help: "chat template instead of the model's own: Jinja, or chatml",
    value: text(undefined),
  },
  chatTemplateFile: {
    flags: "--chat-template-file <file>",
    group: "Generation",
    help: "file with a chat template",
    value: text(undefined),
  },
  chatTemplateKwargs: {
    flags: "--chat-template-kwargs <json>",
    group: "Generation",
    help: 'variables of the chat template, such as {"enable_thinking": false}',
    value: jsonObject,
  },
  prefillAssistant: {
    flags: "--no-prefill-assistant",
    group: "Generation",
    help: "answer a last message of the assistant instead of continuing it",
    value: flag(true),
  },
  reasoning: {
    flags: "--reasoning [on|off|auto]",
    aliases: ["-rea"],
    group: "Generation",
    help: "whether the model thinks before it answers (default: auto, as its template has it)",
    value: onOffAuto,
  },
  reasoningFormat: {
    flags: "--reasoning-format <how>",
    group: "Generation",
    help: "auto, deepseek: thoughts apart from the answer; none: as a part of its text",
    value: oneOf(["none", "auto", "deepseek"], "auto"),
  },
  reasoningEffort: {
    flags: "--reasoning-effort <level>",
    group: "Generation",
    help: "how much to think, for templates that know it: minimal, low, medium, high, …; none: not at all",
    value: effort,
  },
  reasoningBudget: {
    flags: "--reasoning-budget <n>",
    group: "Generation",
    help: "tokens of thought after which it is ended; 0: at once, -1: without end",
    value: integer(-1, MAX_INT32, -1),
  },
  reasoningPreserve: {
    flags: "--no-reasoning-preserve",
    group: "Generation",
    help: "leave thoughts out of earlier turns, for templates that know both",
    value: flag(true),
  },
} as const satisfies Record<string, OptionSpec>;

/** A level of thinking; undefined for `default` and for nothing. */
function effort(given: string | boolean | undefined): string | undefined {
  return given === undefined || given === "default" ? undefined : String(given);
}

/** An object of JSON; undefined when nothing is given. */
function jsonObject(given: string | boolean | undefined): { [name: string]: Json } | undefined {
  if (given === undefined) return undefined;
  const parsed = parsedJson(String(given));
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new RangeError("is not a JSON object");
  }
  return parsed;
}

function parsedJson(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError("is not JSON");
  }
}
