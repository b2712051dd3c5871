import type { Json, JsonSchema } from "../../lib/engine/conversation.ts";

/** A request of `/apply-template`, as llama-server takes it. */
export interface TemplateRequest {
  messages: TemplateMessage[];
  tools?: TemplateTool[];
  tool_choice?: string;
  chat_template_kwargs?: { [name: string]: Json };
  reasoning_effort?: string;
  add_generation_prompt?: boolean;
}

/** A tool of such a request. */
export interface TemplateTool {
  type: "function";
  function: { name: string; description?: string; parameters?: JsonSchema };
}

/** A message of such a request. */
export interface TemplateMessage {
  role: string;
  content?: string | null | { type: "text"; text: string }[];
  name?: string;
  reasoning_content?: string;
  tool_call_id?: string;
  tool_calls?: { id: string; type: "function"; function: { name: string; arguments: string } }[];
}

const HI = user("Hi");
const SYSTEM = { role: "system", content: "Be brief." };
const WEATHER: TemplateTool = {
  type: "function",
  function: {
    name: "get_weather",
    description: 'The weather of a place, "now"',
    parameters: {
      type: "object",
      properties: { city: { type: "string", description: "Which one" }, days: { type: "integer", minimum: 1 } },
      required: ["city"],
    },
  },
};
const BOOK: TemplateTool = {
  type: "function",
  function: {
    name: "book",
    description: "Books a trip.\nPays at once.",
    parameters: {
      type: "object",
      properties: {
        trip: {
          type: "object",
          properties: {
            to: { type: "string", enum: ["Köln", "Rome"] },
            stops: { type: "array", items: { type: "string" } },
            price: { type: ["number", "null"], default: 0.5 },
          },
          required: ["to"],
        },
        first: { type: "boolean", default: false },
        how: { anyOf: [{ type: "string" }, { type: "integer" }], nullable: true },
      },
      required: ["trip", "first"],
      additionalProperties: false,
    },
  },
};
const CALL = call("call00001", "get_weather", '{"city": "Köln", "days": 2}');
const BOOKING = call(
  "call00002",
  "book",
  '{"trip":{"to":"Rome","stops":["A","B"],"price":null},"first":true,"how":1.5}',
);
const RESULT = { role: "tool", tool_call_id: "call00001", content: '{"sun": true, "degrees": 20}' };
const BOOKED = { role: "tool", tool_call_id: "call00002", content: "Booked <b>it</b>" };

/** What is sent to each template, by a name that tells what it is for. */
export const TEMPLATE_CONVERSATIONS: Readonly<Record<string, TemplateRequest>> = {
  "user": { messages: [HI] },
  "system": { messages: [SYSTEM, HI] },
  "turns": { messages: [SYSTEM, HI, assistant("Hello."), user("And?"), assistant(" Well.\n"), user("So?")] },
  "developer": { messages: [{ role: "developer", content: "Be brief." }, HI] },
  "system and developer": { messages: [SYSTEM, { role: "developer", content: "Be kind." }, HI] },
  "parts": { messages: [{ role: "user", content: parts("One", "two") }] },
  "parts everywhere": {
    messages: [{ role: "system", content: parts("Be", "brief.") }, HI, {
      role: "assistant",
      content: parts("Hello.", "You?"),
    }, {
      role: "user",
      content: parts("Fine"),
    }],
  },
  "odd text": { messages: [user(" {{ 1 + 1 }} <|im_end|></s>\n\tKöln 日本 \"'\\ {% if %} \n")] },
  "name": { messages: [{ role: "user", name: "Ann", content: "Hi" }] },
  "users in a row": { messages: [HI, user("You there?")] },
  "assistants in a row": { messages: [HI, assistant("One"), assistant("Two"), user("So?")] },
  "systems in a row": { messages: [SYSTEM, { role: "system", content: "Be kind." }, HI] },
  "system late": { messages: [HI, assistant("Hello."), SYSTEM, user("So?")] },
  "assistant first": { messages: [assistant("Hello."), HI] },
  "system alone": { messages: [SYSTEM] },
  "unknown role": { messages: [{ role: "critic", content: "No." }, HI] },
  "thoughts": { messages: [HI, assistant("Hello.", "They greet."), user("So?")] },
  "thoughts not kept": {
    messages: [HI, assistant("Hello.", "They greet."), user("So?")],
    chat_template_kwargs: { preserve_reasoning: false },
  },
  "thoughts in the text": { messages: [HI, assistant("<think>\nThey greet.\n</think>\n\nHello."), user("So?")] },
  "thinking off": { messages: [SYSTEM, HI], chat_template_kwargs: { enable_thinking: false } },
  "thinking on": { messages: [SYSTEM, HI], chat_template_kwargs: { enable_thinking: true } },
  "variables": {
    messages: [HI],
    chat_template_kwargs: { thinking: true, date_string: "1 Apr 2030", model_identity: "I", n: [1] },
  },
  "effort low": { messages: [HI], reasoning_effort: "low" },
  "effort none": { messages: [HI], reasoning_effort: "none" },
  "tool": { messages: [HI], tools: [WEATHER] },
  "tools": { messages: [SYSTEM, HI], tools: [WEATHER, BOOK] },
  "tools not to be called": { messages: [HI], tools: [WEATHER], tool_choice: "none" },
  "bare tool": { messages: [HI], tools: [{ type: "function", function: { name: "stop" } }] },
  "tools, thinking off": { messages: [HI], tools: [WEATHER], chat_template_kwargs: { enable_thinking: false } },
  "call": { messages: [HI, calling(null, CALL), RESULT], tools: [WEATHER] },
  "call and answer": {
    messages: [SYSTEM, HI, calling("", CALL), RESULT, assistant("Sun."), user("Thanks")],
    tools: [WEATHER, BOOK],
  },
  "calls": { messages: [HI, calling(null, CALL, BOOKING), RESULT, BOOKED], tools: [WEATHER, BOOK] },
  "calls, results in another order": {
    messages: [HI, calling("", CALL, BOOKING), BOOKED, RESULT],
    tools: [WEATHER, BOOK],
  },
  "calls after each other": {
    messages: [HI, calling("First.", CALL), RESULT, calling("Then.", BOOKING), BOOKED, assistant("Done."), user("So?")],
    tools: [WEATHER, BOOK],
  },
  "call with thoughts": {
    messages: [HI, { ...calling("Let me see.", CALL), reasoning_content: "They ask." }, RESULT],
    tools: [WEATHER],
  },
  "call without tools": { messages: [HI, calling(null, CALL), RESULT] },
  "call that is no JSON": {
    messages: [HI, calling("", call("call00001", "get_weather", "{city")), RESULT],
    tools: [WEATHER],
  },
  "results in parts": {
    messages: [HI, calling(null, CALL), { ...RESULT, content: parts("Sun", "20") }, assistant("Sun."), user("Thanks")],
    tools: [WEATHER],
  },
  "prefill": { messages: [SYSTEM, HI, assistant("The sky")] },
  "prefill with thoughts": { messages: [HI, assistant("The sky", "They greet.")] },
  "prefill of thoughts": { messages: [HI, assistant("", "They gr")] },
  "prefill in parts": { messages: [HI, { role: "assistant", content: parts("The", "sky") }] },
  "prefill, thinking off": { messages: [HI, assistant("The sky")], chat_template_kwargs: { enable_thinking: false } },
  "prefill, tools": { messages: [HI, assistant("The sky")], tools: [WEATHER] },
  "prefill after an assistant": { messages: [HI, assistant("One"), assistant("Two")] },
  "prefill of a call": { messages: [HI, calling("", CALL)], tools: [WEATHER] },
  "no generation prompt": { messages: [SYSTEM, HI], add_generation_prompt: false },
  "no generation prompt, turns": {
    messages: [HI, assistant("Hello.", "They greet."), user("So?")],
    add_generation_prompt: false,
  },
};

function user(content: string): TemplateMessage {
  return { role: "user", content };
}

function assistant(content: string, reasoning?: string): TemplateMessage {
  return { role: "assistant", content, ...(reasoning === undefined ? {} : { reasoning_content: reasoning }) };
}

function parts(...texts: string[]): { type: "text"; text: string }[] {
  return texts.map((text) => ({ type: "text", text }));
}

function call(id: string, name: string, args: string): NonNullable<TemplateMessage["tool_calls"]>[number] {
  return { id, type: "function", function: { name, arguments: args } };
}

function calling(content: string | null, ...calls: NonNullable<TemplateMessage["tool_calls"]>): TemplateMessage {
  return { role: "assistant", content, tool_calls: calls };
}
