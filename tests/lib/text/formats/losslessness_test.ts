import assert from "node:assert/strict";
import fc from "fast-check";
import type { Tool } from "../../../../lib/engine/conversation.ts";
import { drawCallId } from "../../../../lib/text/formats/draw_call_id.ts";
import { readAnswer } from "../../../../lib/text/formats/read_answer.ts";
import { readHarmony } from "../../../../lib/text/formats/harmony.ts";
import { StreamParser } from "../../../../lib/text/formats/stream_parser.ts";
import { cutInto } from "../cut.ts";
import { EVERY_FORMAT, mostCalls, writeAnswer } from "./every_format.ts";
import { joinParts, parseParts } from "./parsing.ts";
import { NOW, WEATHER } from "./weather.ts";

const TOOLS: ReadonlyMap<string, Tool> = new Map([WEATHER, NOW].map((tool) => [tool.name, tool]));

type Format = typeof EVERY_FORMAT[number];

/** A parser that tells what becomes of each stretch of the answer. */
function tracingParser(
  { facts, calls }: Format,
  traced: { raw: string; use: "given" | "syntax" }[],
  thinking = false,
): StreamParser {
  const drawId = () => drawCallId();
  const trace = (raw: string, use: "given" | "syntax") => traced.push({ raw, use });
  if (facts.layout === "harmony") {
    return new StreamParser(
      (input) => readHarmony(input, { channel: undefined, tools: TOOLS, inline: false, drawId }),
      trace,
    );
  }
  return new StreamParser((input) =>
    readAnswer(input, {
      ...(facts.thoughts === undefined ? {} : { thoughts: facts.thoughts, thinking }),
      ...(facts.speech === undefined ? {} : { speech: facts.speech }),
      ...(calls === undefined ? {} : { calls }),
      response: facts.layout === "generic",
      tools: TOOLS,
      drawId,
    }), trace);
}

/** What answers are made of, and what is nearly so. */
function pieceOf(format: Format): fc.Arbitrary<string> {
  const whole = fc.record({
    thought: fc.constantFrom("", "Hm"),
    text: fc.constantFrom("", "A b."),
    call: fc.constantFrom(0, 1, 2),
  }).map(
    ({ thought, text, call }) => {
      const calls = [
        { name: "now", arguments: "{}", id: "0" },
        { name: "get_weather", arguments: '{"city": "P\\"a", "days": 2}', id: "1" },
      ].slice(0, Math.min(call, mostCalls(format.calls)));
      return writeAnswer(format, { thought, text, calls, tools: TOOLS });
    },
  );
  // A part of an answer, and parts of several behind each other.
  const part = fc.tuple(whole, fc.nat(), fc.nat()).map(([text, from, to]) => {
    const [a, b] = [from % (text.length + 1), to % (text.length + 1)];
    return text.slice(Math.min(a, b), Math.max(a, b));
  });
  const sign = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    "<",
    ">",
    ",",
    ":",
    "\n",
    " ",
    "a",
    "</think>",
    "<think>",
    "(",
    ")",
    "'",
    "\\u12",
  );
  return fc.array(fc.oneof(whole, part, sign), { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(""));
}

for (const format of EVERY_FORMAT) {
  Deno.test(`the parser of ${format.name} loses nothing, whatever comes and however it is cut`, () => {
    const answer = fc.oneof(pieceOf(format), fc.string({ unit: "grapheme-composite", maxLength: 30 }));
    const cut = answer.chain((text) => {
      const points = [...text];
      return cutInto(points.length, (from, to) => points.slice(from, to).join("")).map((pieces) => ({ text, pieces }));
    });
    fc.assert(
      fc.property(cut, fc.boolean(), ({ text, pieces }, thinking) => {
        const traced: { raw: string; use: "given" | "syntax" }[] = [];
        const parts = parseParts(tracingParser(format, traced, thinking), pieces);
        assert.deepEqual(parts, parseParts(tracingParser(format, [], thinking), [text]));
        // Every character is either given out or the format's own, in the order of the answer.
        assert.equal(traced.map(({ raw }) => raw).join(""), text);
        const { text: said, reasoning, calls } = joinParts(parts);
        if (calls.length > 0) return;
        // Without calls only marks and white space are left out.
        const left = traced.filter(({ use }) => use === "syntax").map(({ raw }) => raw.trim()).filter((raw) =>
          raw !== ""
        );
        const marks = [format.facts.thoughts?.start, format.facts.thoughts?.end, format.facts.speech?.start?.trim()];
        // Those of headers, and of a response in JSON, are others.
        if (format.name === "harmony" || left.includes('"response"')) return;
        for (const raw of left) assert.ok(marks.includes(raw), raw);
        const given = traced.filter(({ use }) => use === "given").map(({ raw }) => raw).join("");
        assert.equal(reasoning + said, given);
      }),
      { numRuns: 300 },
    );
  });
}
