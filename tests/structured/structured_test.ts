import assert from "node:assert/strict";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { askAll } from "./ask_all.ts";
import { heldSchemas } from "./held_schemas.ts";
import { judgeAnswer } from "./judge_answer.ts";

/** `deno task structured` asks for 500. */
const SCHEMAS = 40;

Deno.test("answers to generated schemas fit them, by ajv's word, eight at once and at temperature 1", async () => {
  const { schemas } = heldSchemas(SCHEMAS, 7);
  await using server = await startLlamafile(LLAMAFILE, { args: ["-np", "8", "-c", "8192"] });
  const answers = await askAll(schemas, { url: server.url, atOnce: 8, maxTokens: 128 });
  const verdicts = answers.map((answer) => ({ verdict: judgeAnswer(answer), answer }));
  assert.deepEqual(verdicts.filter(({ verdict }) => typeof verdict === "object"), []);
  assert.ok(verdicts.filter(({ verdict }) => verdict === "valid").length > SCHEMAS / 2);
});
