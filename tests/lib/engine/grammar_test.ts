import assert from "node:assert/strict";
import type { WorkerEngine } from "../../../lib/engine/mod.ts";
import { chars, choice, marker, optional, repeat, rule, sequence, text } from "../../../lib/grammar/expressions.ts";
import type { Expression, Grammar } from "../../../lib/grammar/grammar.ts";
import { Matcher } from "../../../lib/grammar/matcher.ts";
import { type RealEngine, startRealEngine } from "../../real_engine.ts";
import { ask, failure, user } from "./answer.ts";

let real: RealEngine | undefined;
Deno.test.beforeAll(async () => {
  real = await startRealEngine({ context: { contextLength: 4096, parallel: 8 }, speculation: true });
});
Deno.test.afterAll(async () => await real?.[Symbol.asyncDispose]());

function engine(): WorkerEngine {
  assert.ok(real);
  return real.engine;
}

function grammarOf(root: Expression, rules: Record<string, Expression> = {}): Grammar {
  return { rules: { root, ...rules } };
}

const STRING = sequence(text('"'), repeat(chars([" ", "!"], ["#", "["], ["]", "\u{10ffff}"]), 0, 20), text('"'));

/** A person whose keys are forced. */
const PERSON = grammarOf(
  sequence(
    text('{"full_name": '),
    STRING,
    text(', "favourite_colour": '),
    choice(text('"red"'), text('"green"')),
    text(', "age_in_years": '),
    chars(["1", "9"]),
    optional(chars(["0", "9"])),
    text("}"),
  ),
);

const PROMPT = user("Describe a person as JSON.");

Deno.test("an answer with a grammar is a text of it, however it is sampled, and ends by itself", async () => {
  const matcher = new Matcher(PERSON);
  for (
    const sampling of [{ temperature: 0 }, { temperature: 1.5, topK: 0, topP: 1, minP: 0 }, { mirostat: 2 as const }, {
      temperature: 1,
    }]
  ) {
    for (const seed of [1, 2, 3]) {
      const { text: said, finish } = await ask(engine(), {
        prompt: PROMPT,
        grammar: PERSON,
        sampling: { ...sampling, seed },
        maxTokens: 120,
      });
      assert.ok(matcher.accepts(said), said);
      assert.equal(finish.finishReason, "stop");
      assert.equal(typeof JSON.parse(said), "object");
    }
  }
});

Deno.test("keys that are forced are decoded together, and make no difference to what is said", async () => {
  const input = { prompt: PROMPT, grammar: PERSON, maxTokens: 120, logprobs: 1 };
  const fast = await ask(engine(), { ...input, speculation: true });
  const slow = await ask(engine(), { ...input, speculation: false });
  assert.equal(fast.text, slow.text);
  assert.ok(fast.done.timings.draftAccepted > 10, `${fast.done.timings.draftAccepted}`);
  assert.equal(fast.done.timings.draftTokens, fast.done.timings.draftAccepted, "what is forced always comes true");
  assert.equal(slow.done.timings.draftTokens, 0);
  assert.equal(fast.logprobs.length, fast.finish.completionTokens);
});

Deno.test("answers with different grammars, and without one, share a batch", async () => {
  const list = grammarOf(rule("list"), {
    list: sequence(
      text("["),
      optional(sequence(rule("list"), repeat(sequence(text(", "), rule("list")), 0, 2))),
      text("]"),
    ),
  });
  const words = grammarOf(choice(text("yes"), text("no"), text("perhaps")));
  const asked = [PERSON, list, words, undefined, PERSON, words, list, PERSON].map((grammar, seed) =>
    ask(engine(), { prompt: PROMPT, ...(grammar && { grammar }), sampling: { temperature: 1, seed }, maxTokens: 60 })
      .then((answer) => ({ grammar, answer }))
  );
  for (const { grammar, answer } of await Promise.all(asked)) {
    if (grammar === undefined || answer.finish.finishReason === "length") continue;
    assert.ok(new Matcher(grammar).accepts(answer.text), answer.text);
  }
});

Deno.test("choices of one request each follow the grammar on their own", async () => {
  const { choices } = await ask(engine(), {
    prompt: PROMPT,
    grammar: PERSON,
    choices: 4,
    sampling: { temperature: 1.2, seed: 4 },
    maxTokens: 120,
  });
  const said = choices.map(({ text }) => text);
  for (const text of said) assert.ok(new Matcher(PERSON).accepts(text), text);
  assert.ok(new Set(said).size > 1);
});

Deno.test("an answer is cut by its token limit and by stop strings within a grammar, too", async () => {
  const cut = await ask(engine(), { prompt: PROMPT, grammar: PERSON, maxTokens: 8 });
  assert.equal(cut.finish.finishReason, "length");
  assert.ok('{"full_name": '.startsWith(cut.text.slice(0, 14)), cut.text);
  const stopped = await ask(engine(), { prompt: PROMPT, grammar: PERSON, stop: ["_colour"], maxTokens: 120 });
  assert.equal(stopped.finish.stopString, "_colour");
  assert.ok(stopped.text.endsWith("favourite"), stopped.text);
});

Deno.test("a grammar that ignores the end of the answer holds all the same", async () => {
  const yes = grammarOf(choice(text("yes"), text("no")));
  const { text: said, finish } = await ask(engine(), {
    prompt: PROMPT,
    grammar: yes,
    sampling: { ignoreEos: true },
    maxTokens: 60,
  });
  assert.match(said, /^(yes|no)$/);
  assert.equal(finish.finishReason, "stop");
});

Deno.test("a control token that a grammar names comes as that token, which is no text unless it is asked for", async () => {
  const grammar = grammarOf(sequence(text("a"), marker("<|im_start|>"), text("b"), marker("<|no_token|>")));
  const { text: said, finish } = await ask(engine(), { prompt: PROMPT, grammar, maxTokens: 60, logprobs: 0 });
  assert.equal(said, "ab<|no_token|>");
  assert.equal(finish.finishReason, "stop");
});

Deno.test("a grammar without a text fails its request alone, with one line", async () => {
  const never = grammarOf(sequence(text("a"), { kind: "chars", ranges: [] }));
  await assert.rejects(ask(engine(), { grammar: never }), failure("invalid_value", /grammar/));
  assert.match((await ask(engine(), {})).text, /\w/);
});

Deno.test("a grammar that turns out too complex ends its answer alone", async () => {
  const many = choice(...Array.from({ length: 5000 }, (_, i) => text(`x${i}`)));
  const hidden = grammarOf(sequence(chars("a", "b"), text("cccc"), rule("many")), { many });
  const [beside, failed] = await Promise.allSettled([
    ask(engine(), { prompt: PROMPT, grammar: PERSON, maxTokens: 120 }),
    ask(engine(), { prompt: PROMPT, grammar: hidden, maxTokens: 20 }),
  ]);
  assert.ok(beside.status === "fulfilled" && new Matcher(PERSON).accepts(beside.value.text));
  assert.ok(failed.status === "rejected" && failure("invalid_value", /too complex/)(failed.reason));
});
