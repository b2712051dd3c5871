import { isList, isMap, type JinjaTemplate, UseLog, type Value } from "../jinja/mod.ts";
import type { Json } from "../engine/conversation.ts";
import type { TemplateCall, TemplateMessage } from "./template_message.ts";

/** What a chat template can do, as llama-server tells it: by rendering conversations and seeing what the template looks at. */
export interface TemplateCapabilities {
  /** A content may be a text. */
  stringContent: boolean;
  /** A content may be a list of parts. */
  typedContent: boolean;
  /** It writes system messages. */
  systemRole: boolean;
  /** It tells the model of tools. */
  tools: boolean;
  /** It writes the calls of an assistant. */
  toolCalls: boolean;
  /** It writes several calls of one message. */
  parallelToolCalls: boolean;
  /** It reads the arguments of a call as an object, not as JSON text. */
  objectArguments: boolean;
  /** It can write the thoughts of earlier turns. */
  preservesReasoning: boolean;
  /** It knows `reasoning_effort`. */
  reasoningEffort: boolean;
}

interface Probe {
  messages: TemplateMessage[];
  tools?: unknown[];
  variables?: Record<string, unknown>;
}

/** How a probe ended. */
interface Finding {
  /** What was rendered; undefined where the template refused. */
  text: string | undefined;
  /** The value at a path of the variables, e.g. `messages`, 0, `content`. */
  at(...path: (string | number)[]): Value | undefined;
  uses: UseLog;
}

const USER = { role: "user", content: "User message" };
const TOOLS = [{
  name: "tool",
  type: "function",
  function: {
    name: "tool1",
    description: "Tool description",
    parameters: {
      type: "object",
      properties: { arg: { type: "string", description: "Arg description" } },
      required: ["arg"],
    },
  },
}];
const CONTENT = "STRING_MARKER";
const THOUGHT = "<REASONING_CONTENT_PLACEHOLDER>";

/** Finds out what a template can do. */
export function capabilitiesOf(template: JinjaTemplate): TemplateCapabilities {
  const calls = callCapabilities(template);
  return {
    ...contentCapabilities(template),
    systemRole: writesSystemMessages(template),
    ...calls,
    parallelToolCalls: writesSeveralCalls(template, calls.objectArguments),
    ...reasoningCapabilities(template),
  };
}

function contentCapabilities(template: JinjaTemplate): Pick<TemplateCapabilities, "stringContent" | "typedContent"> {
  const { text, at, uses } = probe(template, { messages: [{ role: "user", content: CONTENT }] });
  const content = at("messages", 0, "content");
  const typedContent = uses.did(content, "selectattr") || uses.did(content, "array_access");
  return { typedContent, stringContent: text !== undefined && !(typedContent && !text.includes(CONTENT)) };
}

function writesSystemMessages(template: JinjaTemplate): boolean {
  const { at, uses } = probe(template, { messages: [{ role: "system", content: "System message" }, USER] });
  return uses.has(at("messages", 0, "content"));
}

type CallCapabilities = Pick<TemplateCapabilities, "tools" | "toolCalls" | "objectArguments">;

function callCapabilities(template: JinjaTemplate): CallCapabilities {
  const asObject = probe(template, { messages: calling({ arg: "value" }), tools: TOOLS });
  const found = foundInCalls(asObject);
  if (asObject.text !== undefined) {
    const argument = asObject.at("messages", 1, "tool_calls", 0, "function", "arguments", "arg");
    if (found.toolCalls && asObject.uses.has(argument)) return { ...found, objectArguments: true };
  }
  const asText = probe(template, { messages: calling('{"arg": "value"}'), tools: TOOLS });
  const foundAsText = asText.text === undefined ? { tools: false, toolCalls: false } : foundInCalls(asText);
  const first = asObject.text === undefined ? { tools: true, toolCalls: true } : found;
  return {
    tools: first.tools && foundAsText.tools,
    toolCalls: first.toolCalls && foundAsText.toolCalls,
    objectArguments: false,
  };
}

function foundInCalls({ at, uses }: Finding): Pick<TemplateCapabilities, "tools" | "toolCalls"> {
  return {
    tools: uses.has(at("tools", 0, "function", "name")),
    toolCalls: uses.has(at("messages", 1, "tool_calls")),
  };
}

function writesSeveralCalls(template: JinjaTemplate, objectArguments: boolean): boolean {
  const given = objectArguments ? { arg: "value" } : '{"arg": "value"}';
  const { text, at, uses } = probe(template, { messages: calling(given, given), tools: TOOLS });
  return text !== undefined && uses.has(at("messages", 1, "tool_calls", 1, "function"));
}

function reasoningCapabilities(
  template: JinjaTemplate,
): Pick<TemplateCapabilities, "preservesReasoning" | "reasoningEffort"> {
  const answer = (reasoning: string): TemplateMessage => ({
    role: "assistant",
    content: "Assistant message",
    reasoning_content: reasoning,
  });
  const kept = probe(template, {
    messages: [USER, answer(THOUGHT), USER, answer("Reasoning content"), USER],
    variables: { enable_thinking: true, ...preservingReasoning(true) },
  });
  const effort = probe(template, {
    messages: [USER],
    variables: { enable_thinking: true, ...withEffort("low") },
  });
  return {
    preservesReasoning: kept.text?.includes(THOUGHT) ?? false,
    reasoningEffort: effort.uses.has(effort.at("reasoning_effort")) || effort.uses.has(effort.at("reasoning_strength")),
  };
}

/** The variables by which templates are told to keep the thoughts of earlier turns. */
export function preservingReasoning(enabled: boolean): Record<string, boolean> {
  return {
    preserve_thinking: enabled,
    clear_thinking: !enabled,
    truncate_history_thinking: !enabled,
    drop_thinking: !enabled,
  };
}

/** The variables by which templates are told how much to think. */
export function withEffort(effort: Json): Record<string, Json> {
  return { reasoning_effort: effort, reasoning_strength: effort };
}

function probe(template: JinjaTemplate, { messages, tools = [], variables = {} }: Probe): Finding {
  const uses = new UseLog();
  let values: ReadonlyMap<string, Value> = new Map();
  const at = (name: string | number, ...path: (string | number)[]): Value | undefined => {
    let value = values.get(String(name));
    for (const key of path) {
      if (value === undefined) return undefined;
      value = isMap(value) ? value.value.get(String(key)) : isList(value) ? value.value[Number(key)] : undefined;
    }
    return value;
  };
  const given = { messages, tools, bos_token: "", eos_token: "", add_generation_prompt: true, ...variables };
  let text: string | undefined;
  try {
    // What templates set anew stands in the same map: the values that they were given are wanted.
    const onValues = (found: ReadonlyMap<string, Value>): void => void (values = new Map(found));
    text = template.render(given, { now: new Date(0), uses, onValues });
  } catch {
    // A template that refuses the conversation cannot do what was tried.
  }
  return { text, at, uses };
}

function calling(...given: Json[]): TemplateMessage[] {
  const calls = given.map((args, i): TemplateCall => ({
    type: "function",
    function: { name: "tool1", arguments: args },
    id: `call0000${i + 1}`,
  }));
  return [
    USER,
    { role: "assistant", content: "", tool_calls: calls },
    { role: "tool", content: "Tool response", tool_call_id: "call00001" },
    { role: "assistant", content: "The tool response was 'tool response'" },
    USER,
  ];
}
