import type { AnswerFormat, SpeechFormat, ThoughtFormat } from "./format.ts";
import { CALL_FORMATS } from "./call_formats.ts";
import { THOUGHT_FORMATS } from "./thought_formats.ts";

/** What a chat template's source says of the answers of its model. */
export interface TemplateFacts extends AnswerFormat {
  /** The name of the way it writes calls. */
  callFormat: keyof typeof CALL_FORMATS | "generic" | "harmony";
  /** Whether it shows the tools to the model. */
  showsTools: boolean;
  /** Whether it writes the calls of earlier messages. */
  writesCalls: boolean;
}

/** By which texts in a template, all of them, a format is told, and by the absence of which; the first that fits counts. */
const SIGNS: readonly { format: keyof typeof CALL_FORMATS; has: string[]; lacks?: string[] }[] = [
  { format: "dsmlFunctions", has: ["dsml_token", "function_calls"] },
  { format: "dsmlTools", has: ["dsml_token", "tool_calls>"] },
  { format: "deepseek", has: ["<｜tool▁calls▁begin｜>", "```json"] },
  { format: "deepseekDense", has: ["<｜tool▁calls▁begin｜>"] },
  { format: "qwenCoder", has: ["<tool_call>", "<function=", "<parameter="] },
  { format: "seed", has: ["<seed:tool_call>"] },
  { format: "glm", has: ["<tool_call>", "<arg_key>", "</arg_key>\n<arg_value>"] },
  { format: "glm", has: ["<tool_call>", "</arg_key>\\n"] },
  { format: "glmDense", has: ["<tool_call>", "<arg_key>"] },
  { format: "apriel", has: ["<tool_calls>["] },
  { format: "hermes", has: ["<tool_call>", "</tool_call>", "arguments"], lacks: ["<invoke name="] },
  { format: "minimaxM1", has: ["<tool_calls>", "</tool_calls>"] },
  { format: "minimaxM2", has: ["<minimax:tool_call>", "<invoke name="] },
  { format: "functionaryRecipient", has: [">>>all", ">>>${recipient}"] },
  { format: "functionaryTag", has: ["<function=", "</function>"], lacks: ["<parameter="] },
  { format: "mistralArgs", has: ["[TOOL_CALLS]", "[ARGS]"] },
  { format: "mistral", has: ["[TOOL_CALLS]"] },
  { format: "commandRPlus", has: ["Action:\\n```json", "tool_name"] },
  { format: "hunyuan", has: ["HYTK", "<tool_calls{}>", "<arg_key{}>", ":opensource"] },
  { format: "miniCpm", has: ['<function name="', '<param name="'] },
  { format: "commandR", has: ["<|START_ACTION|>", "tool_call_id", "tool_name"] },
  { format: "kimi", has: ["<|tool_calls_section_begin|>", "<|tool_call_argument_begin|>"] },
  { format: "kimi3", has: ["<|open|>", "<|close|>", "<|end_of_msg|>", "xtml"] },
  { format: "solar", has: ["<|tool_call:begin|>", "<|tool_call:args|>"] },
  { format: "gemma4", has: ["<|tool_call>call:", "<tool_call|>"] },
  { format: "lfm2", has: ["<|tool_list_start|>"] },
  { format: "lfm2", has: ["List of tools: ["] },
  { format: "lfm2", has: ["<|tool_call_start|>"] },
  { format: "apertus", has: ["<|tools_prefix|>", "<|tools_suffix|>"] },
  { format: "nemotron", has: ["<TOOLCALL>"] },
  { format: "phi", has: ["<|/tool_call|>"] },
  { format: "phi", has: ["<|tool|>", "<|/tool|>"] },
  { format: "granite", has: ["<|tool_call|>"] },
  { format: "firefunction", has: ["functools["] },
  { format: "gigachatToken", has: ["<|message_sep|>", "<|function_call|>"] },
  { format: "gigachat", has: ["<|message_sep|>", "<|role_sep|>", "function call"] },
  { format: "llama", has: ["<|start_header_id|>", '"parameters"', "ipython"] },
];

/** Marks around what is said, by a text of the template that tells them; the first that fits counts. */
const SPEECHES: readonly { has: string; speech: SpeechFormat }[] = [
  { has: "<|START_RESPONSE|>", speech: { start: "<|START_RESPONSE|>", end: "<|END_RESPONSE|>" } },
  { has: "<|START_TEXT|>", speech: { start: "<|START_TEXT|>", end: "<|END_TEXT|>" } },
  { has: "<response></response>", speech: { start: "<response>", end: "</response>" } },
  { has: ">>>${recipient}", speech: { start: "all\n", required: true } },
  {
    has: " to=self<|message|>",
    speech: { start: " to=user<|message|>", also: "<|start|>assistant to=user<|message|>", required: true },
  },
  { has: "<|end_of_msg|>", speech: { start: "<|open|>response<|sep|>", end: "<|close|>response<|sep|>" } },
  {
    has: "<|tool_call:begin|>",
    speech: { start: "<|content|>", also: "<|begin|>assistant<|content|>", end: "<|end|>" },
  },
  { has: "[BEGIN FINAL RESPONSE]", speech: { end: "[END FINAL RESPONSE]" } },
];

/**
 * Tells how a model answers by its chat template.
 *
 * @param source Its Jinja source; without one the model is taken for one that knows no tools and does not think.
 */
export function templateFacts(source: string | undefined): TemplateFacts {
  const text = source ?? "";
  if (text.includes("<|channel|>") && text.includes("<|message|>")) {
    return { layout: "harmony", callFormat: "harmony", showsTools: true, writesCalls: true };
  }
  const found = SIGNS.find(({ has, lacks = [] }) =>
    has.every((each) => text.includes(each)) && !lacks.some((each) => text.includes(each))
  );
  const thoughts = thoughtsOf(text);
  const speech = SPEECHES.find(({ has }) => text.includes(has))?.speech;
  return {
    layout: found === undefined ? "generic" : "items",
    callFormat: found?.format ?? "generic",
    showsTools: found !== undefined && found.format !== "phi" && /\btools\b/.test(text),
    // Some write them only where there is no content at all.
    writesCalls: found !== undefined && text.includes("tool_calls") && !text.includes("message['content'] is none"),
    ...(thoughts === undefined ? {} : { thoughts }),
    ...(speech === undefined ? {} : { speech }),
    ...(found === undefined ? {} : { calls: CALL_FORMATS[found.format] }),
  };
}

function thoughtsOf(template: string): ThoughtFormat | undefined {
  // The tags of Hunyuan and of Kimi K3 are put together by the template.
  const source = template.replaceAll("{}>", ":opensource>").replaceAll("open_tag('think')", "<|open|>think<|sep|>");
  return THOUGHT_FORMATS.find(({ start, end }) =>
    source.includes(start) || (end.includes("think") && source.includes(end))
  );
}
