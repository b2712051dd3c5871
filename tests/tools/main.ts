// deno task tools [FILE.gguf …]: what models make of tools, one table for each file; without a file, the packed model. Exit code 1 when something
// fails that the grammar guarantees.
import { basename } from "node:path";
import { parseArgs } from "node:util";
import OpenAI from "openai";
import { LLAMAFILE, PACKLLAMA } from "../built.ts";
import { type ServerProcess, startLlamafile } from "../server_process.ts";
import { runConversation, SECRET } from "./run_conversation.ts";
import { TOOL_CASES, type ToolCase } from "./tool_cases.ts";

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  let failed = 0;
  for (const file of positionals.length === 0 ? [undefined] : positionals) {
    await using server = await start(file);
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none" });
    console.log(`\n## ${basename(file ?? LLAMAFILE)}\n\n| case | guaranteed | outcome |\n|---|---|---|`);
    for (const each of TOOL_CASES) failed += await show(each, client);
    const { runs, answer } = await runConversation(client);
    const told = answer.includes(SECRET)
      ? "passed"
      : `the tool ran ${runs} times, the answer is ${JSON.stringify(answer.slice(0, 80))}`;
    console.log(`| auto: the SDK's runner, a result told | no | ${told.replaceAll("|", "\\|")} |`);
  }
  return failed > 0 ? 1 : 0;
}

/** Prints a line; 1 where the answer breaks what is guaranteed. */
async function show({ name, guaranteed, params, judge }: ToolCase, client: OpenAI): Promise<number> {
  const completion = await client.chat.completions.create({ model: "any", temperature: 0, max_tokens: 300, ...params });
  const wrong = judge(completion);
  const outcome = wrong === undefined ? "passed" : `**${wrong}**`;
  console.log(`| ${name} | ${guaranteed ? "yes" : "no"} | ${outcome.replaceAll("|", "\\|")} |`);
  return guaranteed && wrong !== undefined ? 1 : 0;
}

function start(file: string | undefined): Promise<ServerProcess> {
  return file === undefined
    ? startLlamafile(LLAMAFILE)
    : startLlamafile(PACKLLAMA, { args: ["serve", "-m", file], timeoutMs: 300_000 });
}
