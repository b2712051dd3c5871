import type { Json } from "./engine/conversation.ts";
import { flag, integer, MAX_INT32, oneOf, onOffAuto, text } from "./option_value.ts";
import type { OptionSpec } from "./options.ts";

/** Efforts of reasoning, as OpenAI and llama-server call them; `none` turns thoughts off. */
export const REASONING_EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** The options of `serve` that say how conversations are written for the model, and thought about, when a request does not. */
export const CHAT_OPTIONS = {
  chatTemplate: {
    flags: "--chat-template <jinja>",
    group: "Model",
    help: "chat template instead of the model's own, or chatml",
    value: text(undefined),
  },
  chatTemplateFile: {
    flags: "--chat-template-file <file>",
    group: "Model",
    help: "the same, from a file",
    value: text(undefined),
  },
  chatTemplateKwargs: {
    flags: "--chat-template-kwargs <json>",
    group: "Generation",
    help: 'variables of the chat template, e.g. {"enable_thinking":false}',
    value: jsonObject,
  },
  prefillAssistant: {
    flags: "--no-prefill-assistant",
    group: "Generation",
    help: "take a last message of the assistant for a whole one, instead of going on with it",
    value: flag(true),
  },
  reasoning: {
    flags: "--reasoning [on|off|auto]",
    aliases: ["-rea"],
    group: "Generation",
    help: "whether models think that can be told (default: auto, as their template has it)",
    value: onOffAuto,
  },
  reasoningEffort: {
    flags: "--reasoning-effort <level>",
    group: "Generation",
    help: `how much models think that can be told: ${REASONING_EFFORTS.join(", ")} (default: as their template has it)`,
    value: oneOf([...REASONING_EFFORTS, "default"], "default"),
  },
  reasoningBudget: {
    flags: "--reasoning-budget <n>",
    group: "Generation",
    help: "tokens after which thoughts are ended; -1: no limit",
    value: integer(-1, MAX_INT32, -1),
  },
  reasoningFormat: {
    flags: "--reasoning-format <format>",
    group: "Generation",
    help: "none leaves thoughts in the text, auto and deepseek give them apart",
    value: oneOf(["none", "auto", "deepseek"], "auto"),
  },
} as const satisfies Record<string, OptionSpec>;

/** The keys of an object of JSON; none when nothing is given. */
function jsonObject(given: string | boolean | undefined): { [name: string]: Json } {
  if (given === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(String(given));
  } catch {
    throw new RangeError("is no JSON");
  }
  if (!isJsonObject(value)) throw new RangeError("is no JSON object");
  return value;
}

/** Of what was parsed from JSON, whether it is an object. */
function isJsonObject(value: unknown): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
