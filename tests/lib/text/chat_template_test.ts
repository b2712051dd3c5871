import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineError } from "../../../lib/errors.ts";
import { ChatTemplate } from "../../../lib/text/chat_template.ts";
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

Deno.test("ChatTemplate has strftime_now, which templates date their system prompt with", () => {
  const template = new ChatTemplate("{{ strftime_now('%Y-%m-%d') }}", SPECIAL);
  const days = [new Date(Date.now() - 864e5), new Date(), new Date(Date.now() + 864e5)];
  const names = days.map((day) => day.toISOString().slice(0, 10));
  assert.ok(names.includes(template.render({ messages: HI })), template.render({ messages: HI }));
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
