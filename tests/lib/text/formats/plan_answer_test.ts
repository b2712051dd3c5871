import assert from "node:assert/strict";
import { Matcher } from "../../../../lib/grammar/matcher.ts";
import { planAnswer, templateFacts } from "../../../../lib/text/formats/mod.ts";
import { joinParts, parseParts } from "./parsing.ts";
import { chatWith } from "./weather.ts";

const HERMES = "<tool_call> </tool_call> arguments tools <think> </think>";
const PARIS = '{"city": "paris", "days": 3}';

function planOf(source: string, chat = chatWith(), prompt = "") {
  const plan = planAnswer(chat, { template: templateFacts(source), prompt });
  const parse = (...pieces: string[]) => {
    if (plan.parser === undefined) return { text: pieces.join(""), reasoning: "", calls: [] };
    return joinParts(parseParts(plan.parser(), pieces));
  };
  return {
    plan,
    parse,
    accepts: (text: string) => plan.grammar === undefined || new Matcher(plan.grammar).accepts(text),
  };
}

Deno.test("planAnswer reads thoughts, text and calls as Hermes and Qwen write them", () => {
  const { parse, accepts } = planOf(HERMES);
  const answer =
    `<think>\nHm.\n</think>\n\nLet me see.\n<tool_call>\n{"name": "get_weather", "arguments": ${PARIS}}\n</tool_call>\n<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>`;
  assert.deepEqual(parse(...answer), {
    reasoning: "Hm.",
    text: "Let me see.",
    calls: [{ id: "drawn", name: "get_weather", arguments: PARIS }, { id: "drawn", name: "now", arguments: "{}" }],
  });
  assert.ok(accepts(answer));
  assert.ok(accepts("Hello."));
  assert.ok(!accepts('<tool_call>\n{"name": "other", "arguments": {}}\n</tool_call>'));
  assert.ok(!accepts('<tool_call>\n{"name": "now", "arguments": {"a": 1}}\n</tool_call>'));
});

Deno.test("planAnswer holds a model to calls where one is required", () => {
  const one = planOf(HERMES, chatWith({ choice: { mode: "required", names: ["now"] }, parallel: false }));
  const now = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';
  assert.ok(one.accepts(now));
  assert.ok(one.accepts(`<think>\nSo.</think>\n\n${now}`));
  assert.ok(!one.accepts(`${now}\n${now}`));
  assert.ok(!one.accepts("Hello."));
  assert.ok(!one.accepts(""));
  assert.ok(!one.accepts(`<tool_call>\n{"name": "get_weather", "arguments": ${PARIS}}\n</tool_call>`));
});

Deno.test("planAnswer reads an answer whose prompt has begun the thoughts", () => {
  const { parse, accepts, plan } = planOf(HERMES, { messages: [] }, "<|im_start|>assistant\n<think>\n");
  assert.deepEqual(parse("So.\n</thi", "nk>\n\nYes."), { reasoning: "So.", text: "Yes.", calls: [] });
  assert.equal(plan.grammar, undefined);
  assert.ok(accepts("anything"));
});

Deno.test("planAnswer has a model whose template knows no tools answer in JSON", () => {
  const { parse, accepts } = planOf("{{ messages }}");
  assert.deepEqual(parse('{"response": "Hi \\', "ud83d\\ude00 ", '\\"you\\"."}'), {
    reasoning: "",
    text: 'Hi 😀 "you".',
    calls: [],
  });
  const calls = `{"tool_calls": [{"name": "get_weather", "arguments": ${PARIS}}, {"name": "now", "arguments": {}}]}`;
  assert.equal(parse(...calls).calls.length, 2);
  for (const text of ['{"response": "Hi \\u00e4"}', calls]) assert.ok(accepts(text), text);
  assert.ok(!accepts("Hi"));
  const one = planOf("{{ messages }}", chatWith({ choice: { mode: "required" }, parallel: false }));
  assert.ok(one.accepts(`{"tool_call": {"name": "get_weather", "arguments": ${PARIS}}}`));
  assert.ok(!one.accepts(calls));
  assert.ok(!one.accepts('{"response": ""}'));
});

Deno.test("planAnswer gives malformed calls out as text", () => {
  const { parse } = planOf(HERMES);
  for (
    const text of [
      "<tool_call>",
      "a <tool_call> b",
      '<tool_call>\n{"name": "now"',
      "x\n<tool_call>\n{}\n</tool_call>",
      '<tool_call>{"name": "", "arguments": {}}</tool_call> y',
    ]
  ) {
    assert.deepEqual(parse(...text), { reasoning: "", text, calls: [] });
  }
  assert.deepEqual(parse('<tool_call>{"name": "now", "arguments": {"a": [}} and more'), {
    reasoning: "",
    text: "}} and more",
    calls: [{ id: "drawn", name: "now", arguments: '{"a": [' }],
  });
});
