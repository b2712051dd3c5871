import assert from "node:assert/strict";
import fc from "fast-check";
import type { Chat, Tool } from "../../../../lib/engine/conversation.ts";
import { Matcher } from "../../../../lib/grammar/matcher.ts";
import { schemaToGrammar } from "../../../../lib/schema/mod.ts";
import { planAnswer } from "../../../../lib/text/formats/mod.ts";
import { writeJson } from "../../../../lib/text/formats/write_json.ts";
import { cutInto } from "../cut.ts";
import { EVERY_FORMAT, mostCalls, writeAnswer } from "./every_format.ts";
import { joinParts, parseParts } from "./parsing.ts";

const PARAMETERS = {
  type: "object",
  properties: {
    city: { type: "string" },
    unit: { type: "string", enum: ["C", "F"] },
    days: { type: "integer" },
    exact: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    near: { type: "object", properties: { x: { type: "number" }, note: { type: "string" } }, required: ["x"] },
  },
  required: ["city", "unit"],
};

const TOOLS: Tool[] = [
  { name: "get_weather", parameters: PARAMETERS, grammar: schemaToGrammar(PARAMETERS).grammar },
  {
    name: "now",
    parameters: { type: "object", properties: {} },
    grammar: schemaToGrammar({ type: "object", properties: {} }).grammar,
  },
];
const BY_NAME = new Map(TOOLS.map((tool) => [tool.name, tool]));

function chatOf(mode: "auto" | "required"): Chat {
  return { messages: [{ role: "user", content: "?" }], tools: { tools: TOOLS, choice: { mode }, parallel: true } };
}

/** Words with what is special to some formats, but no marker. */
const WORD = fc.stringMatching(/^[a-zA-Zäß😀0-9.,:'" \(\)\{\}\[\]\\]{0,12}$/u);
/** Python's printing and Gemma's quotes would be other texts. */
const VALUE = fc.record({
  city: WORD,
  unit: fc.constantFrom("C", "F"),
  days: fc.integer(),
  exact: fc.boolean(),
  tags: fc.array(WORD, { maxLength: 3 }),
  near: fc.record({ x: fc.integer(), note: WORD }, { requiredKeys: ["x"] }),
}, { requiredKeys: ["city", "unit"] });

const CALL = fc.oneof(
  VALUE.map((value) => ({ name: "get_weather", value })),
  fc.constant({ name: "now", value: {} }),
).chain(({ name, value }) =>
  // What Python's json.dumps writes, as the grammar has it.
  fc.record({ name: fc.constant(name), arguments: fc.constant(writeJson(value)), id: fc.constantFrom("0", "1") })
);

const SPOKEN = fc.stringMatching(/^[a-zA-Zäß.,!?]([a-zA-Zäß0-9 .,!?\n]{0,20}[a-zA-Zäß.,!?])?$/u);

for (const format of EVERY_FORMAT) {
  const tools = BY_NAME;
  Deno.test(`the format ${format.name} is read as it is written, however it is cut, and its grammar takes it`, () => {
    const plan = planAnswer(chatOf("auto"), { template: format.facts, prompt: "" });
    const required = planAnswer(chatOf("required"), { template: format.facts, prompt: "" });
    const [mixed, calling] = [plan, required].map(({ grammar }) => new Matcher(grammar ?? { rules: {} }));
    const most = mostCalls(format.calls);
    const answer = fc.record({
      thought: fc.oneof(fc.constant(""), SPOKEN),
      text: fc.oneof(fc.constant(""), SPOKEN),
      calls: fc.array(CALL, { maxLength: most }),
    }).chain((parts) => {
      const calls = parts.calls.map((call) => ({ ...call, id: format.name === "mistral" ? "aB3dE6gH9" : call.id }));
      const text = writeAnswer(format, { ...parts, calls, tools });
      const points = [...text];
      return cutInto(points.length, (from, to) => points.slice(from, to).join(""))
        .map((pieces) => ({ ...parts, calls, answer: text, pieces }));
    });
    fc.assert(
      fc.property(answer, ({ thought, text, calls, answer, pieces }) => {
        if (plan.parser === undefined) throw new Error("There is no parser");
        const parsed = joinParts(parseParts(plan.parser(), pieces));
        const expected = calls.map(({ name, arguments: json }) => ({ name, arguments: JSON.parse(json) }));
        assert.deepEqual(
          parsed.calls.map(({ name, arguments: json }) => ({ name, arguments: JSON.parse(json) })),
          expected,
        );
        assert.equal(parsed.reasoning, format.facts.thoughts === undefined && format.name !== "harmony" ? "" : thought);
        const onlyCalls = calls.length > 0 && (format.name === "generic" || format.calls?.forms[0].atBeginning);
        assert.equal(parsed.text, onlyCalls ? "" : text);
        assert.deepEqual(parseParts(plan.parser(), pieces), parseParts(plan.parser(), [answer]));
        assert.ok(mixed?.accepts(answer), `not taken: ${answer}`);
        if (calls.length > 0 && (text === "" || onlyCalls)) assert.ok(calling?.accepts(answer), `not taken: ${answer}`);
      }),
      { numRuns: 150 },
    );
  });
}
