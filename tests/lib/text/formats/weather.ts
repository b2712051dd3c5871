import type { Chat, Tool, ToolUse } from "../../../../lib/engine/conversation.ts";
import type { Expression } from "../../../../lib/grammar/grammar.ts";
import { chars, choice, repeat, sequence, text } from "../../../../lib/grammar/expressions.ts";

const SIGNS = repeat(choice(chars(["a", "z"]), text("\\n"), text("é")), 0);

/** Tools for tests. */
export const WEATHER: Tool = {
  name: "get_weather",
  description: "The weather of a place",
  parameters: {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer" } },
    required: ["city"],
  },
  grammar: {
    rules: {
      root: sequence(text('{"city": "'), { kind: "rule", name: "signs" }, text('"'), daysPart(), text("}")),
      signs: SIGNS,
    },
  },
};

function daysPart(): Expression {
  return repeat(sequence(text(', "days": '), chars(["1", "9"])), 0, 1);
}

export const NOW: Tool = {
  name: "now",
  parameters: { type: "object", properties: {} },
  grammar: { rules: { root: text("{}") } },
};

/** A request that may use them. */
export function chatWith(use: Partial<ToolUse> = {}, rest: Partial<Chat> = {}): Chat {
  return {
    messages: [{ role: "user", content: "How is the weather in Paris?" }],
    tools: { tools: [WEATHER, NOW], choice: { mode: "auto" }, parallel: true, ...use },
    ...rest,
  };
}
