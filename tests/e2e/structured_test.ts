import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { JsonSchema } from "../../lib/engine/mod.ts";
import { LLAMAFILE } from "../built.ts";
import { type ServerProcess, startLlamafile } from "../server_process.ts";
import { askSchema } from "../structured/ask_schema.ts";
import { judgeAnswer } from "../structured/judge_answer.ts";

const AT_ONCE = 8;
const MESSAGES = [{ role: "user", content: "Invent a person. Answer in JSON." }];
const PERSON = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 2, maxLength: 12, pattern: "^[A-Z][a-z]+$" },
    age: { type: "integer", minimum: 18, maximum: 99 },
    roles: { type: "array", items: { enum: ["reader", "writer", "owner"] }, minItems: 1, maxItems: 2 },
  },
  required: ["name", "age", "roles"],
  additionalProperties: false,
};
const ALWAYS_ONE = { type: "integer", minimum: 1, maximum: 1 };

/** One of each kind, none of them without an end. */
const DIFFERENT: readonly JsonSchema[] = [
  PERSON,
  { type: "array", items: { type: "number", minimum: -1, maximum: 1 }, minItems: 3, maxItems: 3 },
  { type: "object", properties: { id: { type: "string", format: "uuid" } }, required: ["id"] },
  { type: "string", format: "date-time" },
  { anyOf: [{ type: "integer", multipleOf: 7, minimum: 0, maximum: 700 }, { type: "null" }] },
  {
    $ref: "#/$defs/pair",
    $defs: { pair: { type: "array", prefixItems: [{ type: "boolean" }, { const: "é\n" }], items: false, minItems: 2 } },
  },
  {
    type: "object",
    patternProperties: { "^x[0-9]$": { type: "boolean" } },
    additionalProperties: false,
    maxProperties: 2,
  },
  { type: "array", items: { enum: [1, 2, 3, "four"] }, uniqueItems: true, minItems: 2, maxItems: 4 },
];

/** ChatML of a model that always thinks. */
const THINKING =
  "{%- for message in messages -%}{{ '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}" +
  "{%- endfor -%}{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n<think>\\n' }}{%- endif -%}";

interface Message {
  content: string;
  reasoning_content?: string;
}

interface Choice {
  index: number;
  message: Message;
  finish_reason: string;
  logprobs: { content: { token: string; logprob: number; top_logprobs: unknown[] }[] } | null;
}

interface Chunk {
  choices: { index: number; delta: Partial<Message>; finish_reason: string | null }[];
}

Deno.test("structured answers of the packed file", async (test) => {
  await using server = await startLlamafile(LLAMAFILE, { args: ["-np", String(AT_ONCE), "-c", String(AT_ONCE * 512)] });
  const held = (schema: unknown): Record<string, unknown> => ({
    response_format: { type: "json_schema", json_schema: { name: "it", strict: true, schema } },
  });
  const chat = async (body: Record<string, unknown>): Promise<Choice[]> => await choicesOf(await ask(server, body));

  await test.step("are the same JSON streamed and whole", async () => {
    const body = { ...held(PERSON), temperature: 0, max_tokens: 100 };
    const [whole] = await chat(body);
    expectValid(PERSON, whole);
    assert.deepEqual(await streamed(server, body), [{
      content: whole?.message.content,
      reasoning: "",
      reason: "stop",
    }]);
  });

  await test.step("fit each its own schema, eight at once", async () => {
    const answers = await Promise.all(
      DIFFERENT.map((schema, seed) =>
        askSchema(schema, { url: server.url, stream: seed % 2 === 0, seed, maxTokens: 200 })
      ),
    );
    assert.deepEqual(
      answers.map((answer) => [judgeAnswer(answer), answer.text]),
      answers.map(({ text }) => ["valid", text]),
    );
  });

  await test.step("fit in each of several choices, whole and streamed", async () => {
    const body = { ...held(PERSON), n: 4, temperature: 1.5, seed: 3, max_tokens: 100 };
    const choices = await chat(body);
    assert.deepEqual(choices.map(({ index }) => index), [0, 1, 2, 3]);
    for (const choice of choices) expectValid(PERSON, choice);
    assert.ok(new Set(choices.map(({ message }) => message.content)).size > 1);
    const parts = await streamed(server, body);
    assert.equal(parts.length, 4);
    for (const { content, reason } of parts) expectValid(PERSON, { message: { content }, finish_reason: reason });
  });

  await test.step("come with the log-probabilities of their tokens", async () => {
    const [choice] = await chat({
      ...held(PERSON),
      logprobs: true,
      top_logprobs: 2,
      temperature: 1,
      seed: 1,
      max_tokens: 100,
    });
    expectValid(PERSON, choice);
    const tokens = choice?.logprobs?.content ?? [];
    assert.equal(tokens.map(({ token }) => token).join(""), choice?.message.content);
    for (const { token, logprob, top_logprobs: top } of tokens) {
      assert.ok(Number.isFinite(logprob) && logprob <= 0, `${token}: ${logprob}`);
      assert.equal(top.length, 2);
    }
  });

  await test.step("end at a stop string, which is left out", async () => {
    const body = { ...held(PERSON), stop: ['"age"'], temperature: 0, max_tokens: 100 };
    const [choice] = await chat(body);
    assert.equal(choice?.finish_reason, "stop");
    assert.match(choice.message.content, /^\{"name": ?"[A-Z][a-z]+", ?$/);
    assert.deepEqual(await streamed(server, body), [{
      content: choice.message.content,
      reasoning: "",
      reason: "stop",
    }]);
  });

  await test.step("say when their tokens run out", async () => {
    const [choice] = await chat({ ...held(PERSON), max_tokens: 3 });
    assert.equal(choice?.finish_reason, "length");
    assert.throws(() => JSON.parse(choice.message.content));
  });

  await test.step("are held by every other parameter", async () => {
    const cases: [Record<string, unknown>, (content: string) => boolean][] = [
      [{ regex: "[A-Z]{2}-\\d{4}" }, (text) => /^[A-Z]{2}-\d{4}$/.test(text)],
      [{ choice: ["forty-two", "seven"] }, (text) => ["forty-two", "seven"].includes(text)],
      [{ grammar: 'root ::= "<" [a-c]{3,5} ">" | "none"' }, (text) => /^(<[a-c]{3,5}>|none)$/.test(text)],
      [{ json_schema: PERSON }, (text) => isValid(PERSON, text)],
      [{ response_format: { type: "json_object", schema: PERSON } }, (text) => isValid(PERSON, text)],
    ];
    for (const [held, fits] of cases) {
      for (const seed of [1, 2]) {
        const [choice] = await chat({ ...held, temperature: 1, seed, max_tokens: 100 });
        assert.equal(choice?.finish_reason, "stop", JSON.stringify(held));
        assert.ok(fits(choice.message.content), `${JSON.stringify(held)}: ${choice.message.content}`);
      }
    }
  });

  await test.step("are objects of any kind for json_object", async () => {
    const choices = await chat({
      response_format: { type: "json_object" },
      n: AT_ONCE,
      temperature: 1,
      seed: 1,
      max_tokens: 250,
    });
    const ended = choices.filter(({ finish_reason: reason }) => reason === "stop");
    // So small a model now and then goes deeper and deeper.
    assert.ok(ended.length > 0);
    for (const choice of ended) expectValid({ type: "object" }, choice);
    for (const { message } of choices) assert.match(message.content, /^\{/);
  });

  await test.step("are held at /completion, too", async () => {
    const complete = async (body: Record<string, unknown>): Promise<{ content: string; stop_type: string }> => {
      const response = await ask(
        server,
        { prompt: "A person as JSON:", n_predict: 100, seed: 1, ...body },
        "/completion",
      );
      return await response.json();
    };
    const person = await complete({ json_schema: PERSON });
    assert.equal(person.stop_type, "eos");
    assert.ok(isValid(PERSON, person.content), person.content);
    const { content, stop_type: type } = await complete({ grammar: 'root ::= "a" ("b" | "c"){2} "d"' });
    assert.match(content, /^a[bc]{2}d$/);
    assert.equal(type, "eos");
    const legacy = await ask(server, { prompt: "A person:", max_tokens: 100, json_schema: PERSON }, "/v1/completions");
    const { choices: [choice] } = await legacy.json();
    assert.ok(isValid(PERSON, choice.text), choice.text);
  });

  await test.step("are refused where not everything of a strict schema can be held", async () => {
    const tool = { type: "function", function: { name: "tag_it", parameters: twoTags(ALWAYS_ONE), strict: true } };
    for (const body of [held(twoTags(ALWAYS_ONE)), { tools: [tool] }]) {
      const response = await ask(server, body);
      assert.equal(response.status, 400);
      const { error } = await response.json();
      const param = "tools" in body ? "tools.0.function.parameters" : "response_format.json_schema.schema";
      assert.equal(error.param, param);
      for (const part of ["/properties/tags", "uniqueItems", ..."tools" in body ? ["tag_it"] : []]) {
        assert.ok(error.message.includes(part), error.message);
      }
    }
  });

  await test.step("are checked afterwards where that is not asked for", async () => {
    for (const items of [{ type: "string", minLength: 1, maxLength: 8 }, ALWAYS_ONE]) {
      const response = await ask(server, { json_schema: twoTags(items), max_tokens: 60, temperature: 1, seed: 1 });
      const { headers } = response;
      const [choice] = await choicesOf(response);
      assert.match(headers.get("x-relaxed") ?? "", /^json_schema#\/properties\/tags: uniqueItems \(.+\)$/);
      const { tags: [first, second] } = JSON.parse(choice?.message.content ?? "");
      const outcome = first === second ? /^failed: choices\.0\.content#\/tags: uniqueItems$/ : /^passed$/;
      assert.match(headers.get("x-validation") ?? "", outcome);
      if (items === ALWAYS_ONE) assert.equal(first, second);
    }
    const full = await ask(server, { ...held(PERSON), max_tokens: 100 });
    assert.deepEqual([full.headers.get("x-relaxed"), full.headers.get("x-validation")], [null, null]);
    await full.body?.cancel();
  });
});

Deno.test("a schema holds what is said after the thoughts", async () => {
  const file = await Deno.makeTempFile({ suffix: ".jinja" });
  try {
    await Deno.writeTextFile(file, THINKING);
    await using server = await startLlamafile(LLAMAFILE, { args: ["-c", "1024", "--chat-template-file", file] });
    for (const temperature of [0, 1]) {
      const body = { json_schema: PERSON, temperature, seed: 5, reasoning_budget_tokens: 16, max_tokens: 150 };
      const [choice] = await choicesOf(await ask(server, body));
      expectValid(PERSON, choice);
      const { content, reasoning_content: reasoning = "" } = choice?.message ?? assert.fail();
      assert.ok(reasoning.trim().length > 0, "there are no thoughts");
      assert.doesNotMatch(reasoning + content, /<\/?think>/);
      if (temperature === 0) assert.deepEqual(await streamed(server, body), [{ content, reasoning, reason: "stop" }]);
      // So few tokens do not even end the thoughts.
      const [cut] = await choicesOf(await ask(server, { ...body, max_tokens: 8 }));
      assert.deepEqual([cut?.finish_reason, cut?.message.content], ["length", ""]);
      assert.ok(reasoning.startsWith(cut?.message.reasoning_content ?? "?"));
    }
  } finally {
    await Deno.remove(file);
  }
});

async function ask(
  server: ServerProcess,
  body: Record<string, unknown>,
  path = "/v1/chat/completions",
): Promise<Response> {
  return await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify("prompt" in body ? body : { messages: MESSAGES, ...body }),
  });
}

async function choicesOf(response: Response): Promise<Choice[]> {
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text).choices;
}

/** What a stream makes of each choice. */
async function streamed(
  server: ServerProcess,
  body: Record<string, unknown>,
): Promise<{ content: string; reasoning: string; reason: string }[]> {
  const text = await (await ask(server, { ...body, stream: true })).text();
  const answers: { content: string; reasoning: string; reason: string }[] = [];
  for (const line of text.split("\n").filter((line) => line.startsWith("data: {"))) {
    const { choices }: Chunk = JSON.parse(line.slice("data: ".length));
    for (const { index, delta, finish_reason: reason } of choices) {
      const answer = answers[index] ??= { content: "", reasoning: "", reason: "" };
      answer.content += delta.content ?? "";
      answer.reasoning += delta.reasoning_content ?? "";
      answer.reason = reason ?? answer.reason;
    }
  }
  return answers;
}

function expectValid(schema: JsonSchema, choice: Pick<Choice, "message" | "finish_reason"> | undefined): void {
  assert.equal(choice?.finish_reason, "stop");
  assert.ok(isValid(schema, choice.message.content), choice.message.content);
}

/** By ajv, which knows nothing of grammars. */
function isValid(schema: JsonSchema, text: string): boolean {
  return new Ajv2020({ strict: false }).validate(schema, JSON.parse(text));
}

/** That they differ is nothing that a grammar holds. */
function twoTags(items: JsonSchema): Record<string, unknown> {
  const tags = { type: "array", items, minItems: 2, maxItems: 2, uniqueItems: true };
  return { type: "object", properties: { tags }, required: ["tags"] };
}
