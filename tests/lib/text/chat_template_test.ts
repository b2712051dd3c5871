import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineError } from "../../../lib/errors.ts";
import type { Chat } from "../../../lib/engine/conversation.ts";
import { ChatTemplate, type ChatTemplateOptions } from "../../../lib/text/chat_template.ts";
import { withoutDoubledTokens } from "../../../lib/text/without_doubled_tokens.ts";

const SPECIAL = { bosText: "<s>", eosText: "</s>" };
const HI = [{ role: "user", content: "Hi" }];

Deno.test("ChatTemplate without a template of the model writes ChatML", () => {
  const messages = [{ role: "system", content: "Be brief." }, ...HI, { role: "assistant", content: "Yes?" }];
  assert.equal(
    new ChatTemplate(undefined, SPECIAL).render({ messages }),
    "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n" +
      "<|im_start|>assistant\nYes?<|im_end|>\n<|im_start|>assistant\n",
  );
});

Deno.test("ChatTemplate gives the template the messages, the special tokens and the generation prompt", () => {
  const source =
    "{{ bos_token }}{% for m in messages %}[{{ m.role }}/{{ m['name'] }}] {{ m.content | trim }}{{ eos_token }}" +
    "{% endfor %}{% if add_generation_prompt %}GO{% endif %}";
  const messages = [{ role: "user", content: "  Hi\n", name: "Ann" }];
  assert.equal(new ChatTemplate(source, SPECIAL).render({ messages }), "<s>[user/Ann] Hi</s>GO");
});

Deno.test("ChatTemplate leaves the words of a message as they are", () => {
  const template = new ChatTemplate(undefined, SPECIAL);
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("{{ x }}", "{% if %}", "{#", "</s>", "&lt;")),
      (content) => {
        const text = template.render({ messages: [{ role: "user", content }] });
        assert.equal(text, `<|im_start|>user\n${content}<|im_end|>\n<|im_start|>assistant\n`);
      },
    ),
  );
});

Deno.test("ChatTemplate takes white space as Hugging Face does: blocks trimmed, and the line break after them", () => {
  const source = "{% for m in messages %}\n    {{ m.content }}\n  {% endfor %}\nend";
  assert.equal(new ChatTemplate(source, SPECIAL).render({ messages: HI }), "    Hi\nend");
});

Deno.test("ChatTemplate turns a template's own refusal into invalid_value with its words", () => {
  const template = new ChatTemplate("{{ raise_exception('Roles must alternate') }}", SPECIAL);
  assert.throws(() => template.render({ messages: HI }), (error) => {
    assert.ok(error instanceof EngineError);
    assert.equal(error.code, "invalid_value");
    assert.equal(error.param, "messages");
    assert.equal(error.message, "The model's chat template refuses these messages: Roles must alternate");
    return true;
  });
});

Deno.test("ChatTemplate has the date for templates that write it, by three names", () => {
  const template = new ChatTemplate("{{ strftime_now('%Y-%m-%d') }}, {{ date_string }}, {{ datetime }}", SPECIAL, {
    now: () => new Date("2026-03-05T09:07"),
  });
  assert.equal(template.render({ messages: HI }), "2026-03-05, 05 Mar 2026, Mar 05 2026");
});

Deno.test("ChatTemplate takes the system's clock unless another is given", () => {
  const days = [new Date(Date.now() - 864e5), new Date(), new Date(Date.now() + 864e5)];
  const names = days.map((day) => day.toISOString().slice(0, 10));
  const text = new ChatTemplate("{{ strftime_now('%Y-%m-%d') }}", SPECIAL).render({ messages: HI });
  assert.ok(names.includes(text), text);
});

Deno.test("ChatTemplate refuses a source that is no Jinja as bad_model", () => {
  for (const source of ["{% for %}", "{{", "{% if x %}"]) {
    assert.throws(() => new ChatTemplate(source, SPECIAL), (error) => {
      assert.ok(error instanceof EngineError, String(error));
      assert.equal(error.code, "bad_model");
      assert.match(error.message, /^The model's chat template is not valid: ./);
      return true;
    });
  }
});

Deno.test("withoutDoubledTokens takes out what the tokenizer adds as well, once", () => {
  const added = { ...SPECIAL, addsBos: true, addsEos: true };
  assert.equal(withoutDoubledTokens("<s>Hi</s>", added), "Hi");
  assert.equal(withoutDoubledTokens("<s><s>Hi</s></s>", added), "<s>Hi</s>");
  assert.equal(withoutDoubledTokens("Hi <s> there", added), "Hi <s> there");
  assert.equal(withoutDoubledTokens("", added), "");
  assert.equal(withoutDoubledTokens("<s>", { ...added, eosText: "<s>" }), "", "the same token is not taken out twice");
});

Deno.test("withoutDoubledTokens leaves the text as it is where the tokenizer adds nothing", () => {
  for (
    const added of [{ ...SPECIAL, addsBos: false, addsEos: false }, {
      bosText: "",
      eosText: "",
      addsBos: true,
      addsEos: true,
    }]
  ) {
    fc.assert(fc.property(fc.string(), (text) => {
      assert.equal(withoutDoubledTokens(`<s>${text}</s>`, added), `<s>${text}</s>`);
    }));
  }
});

const SHOWN =
  "{{ enable_thinking }} {{ thinking }} {{ reasoning_effort }} {{ reasoning_strength }} {{ mood }} {{ preserve_thinking }}" +
  "{% for m in messages %} {{ m.reasoning_content }}{% endfor %}";

Deno.test("ChatTemplate hands variables to the template: a request's before those of all, what it says of thinking first", () => {
  const render = (chat: Omit<Chat, "messages">, options: ChatTemplateOptions = {}): string =>
    new ChatTemplate(SHOWN, SPECIAL, options).render({ messages: HI, ...chat }).trimEnd();
  assert.equal(render({}), "False     True");
  assert.equal(render({ reasoning: { enabled: true, effort: "low" } }), "True True low low  True");
  const all: ChatTemplateOptions = { variables: { mood: "calm", n: 1 }, reasoning: { enabled: false, effort: "high" } };
  assert.equal(render({}, all), "False False high high calm True");
  assert.equal(
    render({ template: { variables: { mood: "glad", reasoning_effort: "x", preserve_reasoning: false } } }, all),
    "False False x x glad False",
  );
  assert.equal(render({ template: { variables: { enable_thinking: true } } }, all), "True  high high calm True");
  assert.equal(
    render({ template: { variables: { enable_thinking: true } }, reasoning: { enabled: false } }, all),
    "False False high high calm True",
  );
});

Deno.test("ChatTemplate tells how an answer is thought about, wherever that was said", () => {
  const template = new ChatTemplate(undefined, SPECIAL, { reasoning: { enabled: true, budget: 5, inline: true } });
  assert.deepEqual(template.reasoningOf({ messages: HI }), { enabled: true, budget: 5, inline: true });
  assert.deepEqual(
    template.reasoningOf({
      messages: HI,
      template: { variables: { enable_thinking: false, reasoning_effort: "low" } },
      reasoning: { budget: 7 },
    }),
    { enabled: false, effort: "low", budget: 7, inline: true },
  );
  assert.deepEqual(new ChatTemplate(undefined, SPECIAL).reasoningOf({ messages: HI }), {});
});

Deno.test("ChatTemplate lets no variable take the place of the conversation or of what Jinja has", () => {
  const template = new ChatTemplate(undefined, SPECIAL);
  for (
    const name of ["messages", "tools", "bos_token", "eos_token", "add_generation_prompt", "raise_exception", "true"]
  ) {
    assert.throws(() => template.render({ messages: HI, template: { variables: { [name]: [] } } }), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "invalid_value");
      assert.equal(error.param, `chat_template_kwargs.${name}`);
      assert.equal(error.message, `The variable "${name}" of a chat template cannot be set`);
      return true;
    });
  }
});

Deno.test("ChatTemplate continues the answer at the end where it is told to", () => {
  const template = new ChatTemplate(undefined, SPECIAL);
  const messages = [...HI, { role: "assistant", content: "Well, " }];
  const asked = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nWell, ";
  assert.equal(template.render({ messages, template: { continueFinal: true } }), asked);
  assert.equal(template.render({ messages }), `${asked}<|im_end|>\n<|im_start|>assistant\n`);
  assert.equal(template.render({ messages, template: { addGenerationPrompt: false } }), `${asked}<|im_end|>\n`);
});

Deno.test("ChatTemplate says why an answer cannot be continued", () => {
  const template = new ChatTemplate(undefined, SPECIAL);
  const answer = { role: "assistant", content: "Well" };
  const cases: [Chat, RegExp][] = [
    [{ messages: HI }, /only be continued where the last message is an assistant's/],
    [{ messages: [] }, /only be continued/],
    [{ messages: [...HI, answer, answer] }, /Two answers follow each other/],
    [{ messages: [...HI, { ...answer, toolCalls: [{ id: "1", name: "f", arguments: "{}" }] }] }, /calls tools/],
    [{ messages: [...HI, answer], template: { addGenerationPrompt: true } }, /both be continued .* and begin/],
  ];
  for (const [{ template: use, ...chat }, message] of cases) {
    assert.throws(() => template.render({ ...chat, template: { ...use, continueFinal: true } }), (error) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, "invalid_value");
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("ChatTemplate takes the name of a built-in for its source, and what is no name for Jinja", () => {
  const chat = { messages: HI };
  assert.equal(new ChatTemplate("chatml", SPECIAL).render(chat), new ChatTemplate(undefined, SPECIAL).render(chat));
  assert.equal(new ChatTemplate("constructor", SPECIAL).render(chat), "constructor");
});

Deno.test("ChatTemplate gives parts to templates that know parts, unless the content was changed since", () => {
  const knows = "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}" +
    "{% for part in m.content %}<{{ part.text }}>{% endfor %}{% endif %}{% endfor %}";
  const messages = [{ role: "user", content: "a\nb", parts: ["a", "b"] }];
  assert.equal(new ChatTemplate(knows, SPECIAL).render({ messages }), "a\nb", "a loop that a text never reaches");
  const loops = knows.replace("m.content is string", "m.content[0] is string and false");
  assert.equal(new ChatTemplate(loops, SPECIAL).render({ messages }), "<a><b>");
  assert.equal(
    new ChatTemplate(loops, SPECIAL).render({ messages: [{ ...messages[0], role: "user", content: "c" }] }),
    "<c>",
  );
});
