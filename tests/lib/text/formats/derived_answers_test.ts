import assert from "node:assert/strict";
import fc from "fast-check";
import type { Chat, ToolUse } from "../../../../lib/engine/conversation.ts";
import { Matcher } from "../../../../lib/grammar/matcher.ts";
import { planAnswer } from "../../../../lib/text/formats/mod.ts";
import { deriveText, drawing } from "./derive_text.ts";
import { EVERY_FORMAT } from "./every_format.ts";
import { joinParts, parseParts } from "./parsing.ts";
import { NOW, WEATHER } from "./weather.ts";

const WORDS = ["Hm", " ", "\n", "a <b", "{", '"', "<", "ä", "[", "]", "}", "</", ":", '{"name', "<think>", "😀"];
const TOOLS = [WEATHER, NOW];

function chatOf(use: Partial<ToolUse>): Chat {
  return {
    messages: [{ role: "user", content: "?" }],
    tools: { tools: TOOLS, choice: { mode: "required" }, parallel: true, ...use },
  };
}

for (const { name, facts } of EVERY_FORMAT) {
  for (const parallel of [true, false]) {
    Deno.test(`what the grammar of ${name} derives is read as calls where they are required, parallel: ${parallel}`, () => {
      const { grammar, parser } = planAnswer(chatOf({ parallel }), { template: facts, prompt: "" });
      if (grammar === undefined || parser === undefined) throw new Error("There is no grammar or no parser");
      const matcher = new Matcher(grammar);
      fc.assert(
        fc.property(fc.integer(), (seed) => {
          const text = deriveText(grammar, drawing(seed), WORDS);
          assert.ok(matcher.accepts(text), text);
          const { calls } = joinParts(parseParts(parser(), [text]));
          assert.ok(calls.length >= 1, text);
          if (!parallel) assert.equal(calls.length, 1, text);
          for (const call of calls) {
            assert.ok(TOOLS.some((tool) => tool.name === call.name), text);
            const values = JSON.parse(call.arguments);
            if (call.name === "now") assert.deepEqual(values, {}, text);
            else assert.equal(typeof values.city, "string", text);
            if (values.days !== undefined) assert.ok(Number.isInteger(values.days), text);
          }
        }),
        { numRuns: 200 },
      );
    });
  }

  Deno.test(`what the grammar of ${name} derives has calls of its tools alone, or none`, () => {
    const { grammar, parser } = planAnswer(chatOf({ choice: { mode: "auto" } }), { template: facts, prompt: "" });
    if (grammar === undefined || parser === undefined) throw new Error("There is no grammar or no parser");
    const matcher = new Matcher(grammar);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const text = deriveText(grammar, drawing(seed), WORDS);
        assert.ok(matcher.accepts(text), text);
        for (const call of joinParts(parseParts(parser(), [text])).calls) {
          assert.ok(TOOLS.some((tool) => tool.name === call.name), text);
          JSON.parse(call.arguments);
        }
      }),
      { numRuns: 200 },
    );
  });
}
