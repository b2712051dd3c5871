import assert from "node:assert/strict";
import { Matcher } from "../../../../lib/grammar/matcher.ts";
import type { Grammar } from "../../../../lib/grammar/grammar.ts";
import type { AnswerPlan } from "../../../../lib/text/answer_plan.ts";
import { schemaToGrammar } from "../../../../lib/schema/mod.ts";
import { planAnswer, templateFacts } from "../../../../lib/text/formats/mod.ts";
import { joinParts, type Parsed, parseParts } from "./parsing.ts";
import { chatWith } from "./weather.ts";

const HERMES = "<tool_call> </tool_call> arguments tools <think> </think>";
const PARIS = '{"city": "paris", "days": 3}';

interface Planned {
  plan: AnswerPlan;
  parse: (...pieces: string[]) => Parsed;
  accepts: (text: string) => boolean;
}

function planOf(source: string, chat = chatWith(), prompt = "", grammar?: Grammar): Planned {
  const given = { template: templateFacts(source), prompt, ...(grammar === undefined ? {} : { grammar }) };
  const plan = planAnswer(chat, given);
  const parse = (...pieces: string[]): Parsed => {
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

const YES: Grammar = { rules: { root: { kind: "text", text: '{"yes": true}' } } };

Deno.test("planAnswer lets a model think before it writes what is wanted", () => {
  const { accepts } = planOf(HERMES, { messages: [] }, "", YES);
  assert.ok(accepts('{"yes": true}'));
  assert.ok(accepts('<think>\nHm.\n</think>\n\n{"yes": true}'));
  assert.ok(!accepts("<think>Hm.</think>No"));
  const open = planOf(HERMES, { messages: [] }, "assistant\n<think>\n", YES);
  assert.ok(open.accepts('Hm.\n</think>\n\n{"yes": true}'));
  assert.ok(!open.accepts('{"yes": true}'));
  const closed = planOf(HERMES, { messages: [] }, "assistant\n<think>\n\n</think>\n\n", YES);
  assert.ok(!closed.accepts('<think>Hm.</think>{"yes": true}'));
  const calls = planOf(HERMES, chatWith(), "", YES);
  assert.ok(calls.accepts('{"yes": true}'));
  assert.ok(calls.accepts('<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>'));
  assert.ok(!calls.accepts("Hello."));
});

Deno.test("planAnswer ends thoughts after a budget, and has a grammar that allows it", () => {
  const open = planOf(HERMES, { messages: [], reasoning: { budget: 8 } }, "<think>\n");
  assert.deepEqual(open.plan.budget, { tokens: 8, end: "\n</think>\n\n" });
  assert.ok(open.accepts("So\n</think>\n\nYes."));
  assert.ok(!open.accepts("So"));
  const off = planOf(HERMES, { messages: [], reasoning: { enabled: false } });
  assert.deepEqual(off.plan.budget, { tokens: 0, begin: "<think>", end: "\n</think>\n\n" });
  assert.ok(off.accepts("<think>\n</think>\n\nYes."));
  const closed = planOf(HERMES, { messages: [], reasoning: { enabled: false } }, "<think>\n\n</think>\n\n");
  assert.equal(closed.plan.budget, undefined);
  assert.equal(closed.plan.grammar, undefined);
  const harmony = planOf("<|channel|><|message|>", { messages: [], reasoning: { budget: 5 } }, "<|start|>assistant");
  const end = "<|end|><|start|>assistant";
  assert.deepEqual(harmony.plan.budget, { tokens: 5, begin: "<|channel|>analysis<|message|>", end });
  assert.ok(harmony.accepts(`<|channel|>analysis<|message|>So${end}<|channel|>final<|message|>Yes.`));
});

Deno.test("planAnswer leaves thoughts in the text where they are wanted there", () => {
  const thought = "\n<think>\nA <tool_call> is meant.\n</think>\n\n";
  const inline = planOf(HERMES, chatWith({}, { reasoning: { inline: true } }));
  assert.deepEqual(inline.parse(...`${thought}Yes.`), { reasoning: "", text: `${thought}Yes.`, calls: [] });
  const generic = planOf("<think>", chatWith({}, { reasoning: { inline: true } }));
  assert.equal(generic.parse(...`${thought}{"response": "Yes."}`).text, `${thought.trimEnd()}Yes.`);
  const plain = planOf(HERMES, { messages: [], reasoning: { inline: true } });
  assert.equal(plain.plan.parser, undefined);
});

Deno.test("planAnswer leaves calls in the text where no tool may be called", () => {
  const text = '<tool_call>\n{"name": "now", "arguments": {}}\n</tool_call>';
  for (const chat of [chatWith({ choice: { mode: "none" } }), { messages: [] }]) {
    const { plan, parse } = planOf(HERMES, chat);
    assert.equal(plan.grammar, undefined);
    assert.deepEqual(parse(...text), { reasoning: "", text, calls: [] });
  }
});

Deno.test("planAnswer gives gpt-oss' thoughts, preambles and calls out apart", () => {
  const { parse } = planOf("<|channel|><|message|>");
  const answer =
    "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary<|message|>Let me see.<|end|>" +
    `<|start|>assistant to=functions.get_weather<|channel|>commentary <|constrain|>json<|message|>${PARIS}<|call|>`;
  const calls = [{ id: "drawn", name: "get_weather", arguments: PARIS }];
  assert.deepEqual(parse(...answer), { reasoning: "Hm.", text: "Let me see.", calls });
});

Deno.test("planAnswer gives the ids of models that write them", () => {
  const kimi = planOf("<|tool_calls_section_begin|><|tool_call_argument_begin|>");
  const answer =
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.now:3<|tool_call_argument_begin|>{}<|tool_call_end|>";
  assert.deepEqual(kimi.parse(...answer).calls, [{ id: "functions.now:3", name: "now", arguments: "{}" }]);
});

Deno.test("planAnswer holds strings that are written without quotes to their pattern, format and lengths", () => {
  const parameters = {
    type: "object",
    properties: {
      code: { type: "string", pattern: "^[A-Z]{2}-\\d+$", maxLength: 6 },
      day: { type: "string", format: "date" },
      text: { type: "string", minLength: 3 },
    },
    required: ["code", "day", "text"],
  };
  const tool = { name: "order", parameters, grammar: schemaToGrammar(parameters).grammar };
  const chat = { messages: [], tools: { tools: [tool], choice: { mode: "required" as const }, parallel: false } };
  const { accepts } = planOf("<tool_call> <function= <parameter= tools", chat);
  const call = (code: string, day: string, text: string): string =>
    `<tool_call>\n<function=order>\n<parameter=code>\n${code}\n</parameter>\n<parameter=day>\n${day}\n</parameter>\n` +
    `<parameter=text>\n${text}\n</parameter>\n</function>\n</tool_call>`;
  assert.ok(accepts(call("AB-12", "2026-11-24", "a <b>\nc")));
  for (
    const [code, day, text] of [["AB-1234", "2026-11-24", "abc"], ["ab-1", "2026-11-24", "abc"], [
      "AB-1",
      "2026-13-24",
      "abc",
    ], ["AB-1", "2026-11-24", "ab"]]
  ) {
    assert.ok(!accepts(call(code ?? "", day ?? "", text ?? "")), `${code} ${day} ${text}`);
  }
});

Deno.test("planAnswer takes an object without marks for a call only where it names a tool", () => {
  const { parse } = planOf('<|start_header_id|> "parameters" ipython tools');
  const answer = '{"name": "Bob", "parameters": {}}';
  assert.deepEqual(parse(...answer), { text: answer, reasoning: "", calls: [] });
  assert.equal(parse('{"name": "now", "parameters": {}}').calls.length, 1);
});

Deno.test("planAnswer reads Gemma 4's thoughts by their own marks", () => {
  const { parse } = planOf("<|think|> <|channel>thought <channel|> <|tool_call>call: <tool_call|>");
  assert.deepEqual(parse("<|channel>thought\nHm.\n<channel|>Yes."), { reasoning: "Hm.", text: "Yes.", calls: [] });
});
