import assert from "node:assert/strict";
import { prepareChat, templateFacts } from "../../../../lib/text/formats/mod.ts";
import { chatWith } from "./weather.ts";

const CALLED = [
  { role: "system", content: "Be brief." },
  { role: "user", content: "?" },
  { role: "assistant", content: "", toolCalls: [{ id: "a", name: "now", arguments: "{}" }] },
  { role: "tool", content: "noon", toolCallId: "a" },
  { role: "user", content: "And?" },
];

Deno.test("prepareChat describes tools to a model whose template knows none, and writes calls and results out", () => {
  const chat = prepareChat(chatWith({}, { messages: CALLED }), templateFacts("{{ messages }}"));
  assert.equal(chat.tools, undefined);
  assert.deepEqual(chat.messages.map(({ role }) => role), ["system", "user", "assistant", "user"]);
  const [system, , assistant, user] = chat.messages.map(({ content }) => content);
  assert.match(system ?? "", /^Be brief\.\n\n.*get_weather.*"The weather of a place"/s);
  assert.match(system ?? "", /\{"tool_calls": \[\{"name": "NAME", .*\{"response": /s);
  assert.equal(assistant, '{"tool_call": {"name": "now", "arguments": {}}}');
  assert.equal(user, '{"tool_result": {"name": "now", "content": "noon"}}\n\nAnd?');
});

Deno.test("prepareChat leaves chats as they are where the template knows tools, or nothing is said of any", () => {
  const called = chatWith({}, { messages: CALLED });
  assert.equal(prepareChat(called, templateFacts("<tool_call> </tool_call> arguments tools tool_calls")), called);
  const plain = { messages: [{ role: "user", content: "?" }] };
  assert.equal(prepareChat(plain, templateFacts(undefined)), plain);
});

Deno.test("prepareChat says so where no tool is to be called now, or one must be", () => {
  const say = (mode: "none" | "required"): string =>
    prepareChat(chatWith({ choice: { mode } }), templateFacts(undefined)).messages[0]?.content ?? "";
  assert.match(say("none"), /Don't call any of them now\.$/);
  assert.match(say("required"), /Call a tool now\.$/);
});
