// deno task structured [--schemas N] [--model FILE] [--seed N]: answers of a model to generated JSON schemas, at temperature 1, eight at once,
// streamed and whole, each validated with ajv. Writes docs/structured.md. Exit code 1 unless every answer that ended fits its schema.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LLAMAFILE, PACKLLAMA, ROOT } from "../built.ts";
import { startLlamafile } from "../server_process.ts";
import { askAll } from "./ask_all.ts";
import { heldSchemas } from "./held_schemas.ts";
import { judgeAnswer } from "./judge_answer.ts";

const AT_ONCE = 8;
const MAX_TOKENS = 256;

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      schemas: { type: "string", default: "500" },
      seed: { type: "string", default: "1" },
      model: { type: "string" },
    },
  });
  const count = Number(values.schemas);
  const { schemas, refused } = heldSchemas(count, Number(values.seed));
  const flags = ["-np", String(AT_ONCE), "-c", String(AT_ONCE * 1024)];
  await using server = values.model === undefined
    ? await startLlamafile(LLAMAFILE, { args: flags })
    : await startLlamafile(PACKLLAMA, { args: ["serve", "-m", values.model, ...flags] });
  const started = performance.now();
  const answers = await askAll(schemas, { url: server.url, atOnce: AT_ONCE, maxTokens: MAX_TOKENS });
  const seconds = (performance.now() - started) / 1000;
  const verdicts = answers.map(judgeAnswer);
  const wrong = verdicts.flatMap((verdict, i) =>
    typeof verdict === "object" ? [{ ...verdict, answer: answers[i] }] : []
  );
  for (const { wrong: what, answer } of wrong) {
    console.error(`${what}\n  schema ${JSON.stringify(answer?.schema)}\n  answer ${answer?.text}`);
  }
  const text = report({
    schemas: count,
    refused,
    seed: Number(values.seed),
    valid: verdicts.filter((verdict) => verdict === "valid").length,
    cut: verdicts.filter((verdict) => verdict === "cut").length,
    wrong: wrong.length,
    tokens: answers.reduce((sum, { tokens }) => sum + tokens, 0),
    seconds,
  });
  console.log(text);
  if (values.model === undefined) writeFileSync(join(ROOT, "docs", "structured.md"), text);
  return wrong.length === 0 ? 0 : 1;
}

interface Figures {
  schemas: number;
  refused: number;
  seed: number;
  valid: number;
  cut: number;
  wrong: number;
  tokens: number;
  seconds: number;
}

function report({ schemas, refused, seed, valid, cut, wrong, tokens, seconds }: Figures): string {
  return `# Answers that fit their schemas

Written by \`deno task structured --schemas ${schemas} --seed ${seed}\`: SmolLM2 135M, temperature 1, no top-k, top-p or min-p, ${AT_ONCE} requests
at once, every other one streamed, at most ${MAX_TOKENS} tokens. Schemas are made by \`tests/lib/schema/any_schema.ts\`; ajv judges. Passed over were ${refused} schemas that nothing fits, or of which not every keyword can be held.

| schemas | ended and valid | cut by the token limit (\`length\`) | ended and wrong | tokens | seconds |
| ------: | --------------: | ---------------------------------: | --------------: | -----: | ------: |
| ${schemas} | ${valid} | ${cut} | ${wrong} | ${tokens} | ${Math.round(seconds)} |
`;
}
