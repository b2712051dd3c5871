import assert from "node:assert/strict";
import { exampleBodies, operationsOf, SchemaChecker } from "../server/described.ts";
import { dataSchema, type OpenApiDocument } from "../../server/openapi/mod.ts";
import { LLAMAFILE } from "../built.ts";
import { startLlamafile } from "../server_process.ts";

const SMALL = ["-c", "1024", "-t", "1"];
const STATUS = "\n%{http_code} %{content_type}";

/** What this model cannot do, and what is refused to everybody. */
const REFUSED = ["createInfill", "rerank", "cancelResponse", "setProps", "setAdapters"];

Deno.test("docs of a packed file: each command runs as a reader copies it, and gets what the document says", async () => {
  const slots = await Deno.makeTempDir();
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => Deno.remove(slots, { recursive: true }));
  await using server = await startLlamafile(LLAMAFILE, { args: [...SMALL, "--slot-save-path", slots] });
  const document: OpenApiDocument = await (await fetch(`${server.url}/openapi.json`)).json();
  const checker = new SchemaChecker(document);
  const page = await (await fetch(`${server.url}/docs`)).text();
  let run = 0;
  for (const { path, method, operation } of operationsOf(document)) {
    const commands = commandsOf(page, operation.operationId);
    assert.equal(commands.length, exampleBodies(operation).length);
    for (const command of commands) {
      // Anew for each: one of them deletes a response.
      const values = await knownValues(server.url);
      const filled = command.replaceAll(/\b(?:MODEL|RESPONSE)_ID\b/g, (name) => values[name] ?? assert.fail(name));
      const { body, status, type } = await runCommand(filled);
      const answer = operation.responses[status] ?? assert.fail(`${method} ${path}: ${status} ${body}`);
      if (!REFUSED.includes(operation.operationId)) assert.match(status, /^2/, `${command}: ${status} ${body}`);
      const { schema: told } = answer.content[type] ?? assert.fail(`${method} ${path}: ${type}`);
      const schema = dataSchema(told);
      for (const part of partsOf(body, type)) assert.equal(checker.check(schema, part), "", `${command}: ${body}`);
      run++;
    }
  }
  assert.ok(run >= 50, `ran only ${run}`);
});

/** What the page's commands leave to the reader. */
async function knownValues(url: string): Promise<Record<string, string>> {
  const { data: [model] } = await (await fetch(`${url}/v1/models`)).json();
  const body = JSON.stringify({ input: "Hello", max_output_tokens: 1 });
  const { id } = await (await fetch(`${url}/v1/responses`, { method: "POST", body })).json();
  return { MODEL_ID: model.id, RESPONSE_ID: id };
}

function commandsOf(page: string, operationId: string): string[] {
  const article = new RegExp(`<article id="${operationId}"[^]*?</article>`).exec(page)?.[0] ?? assert.fail(operationId);
  return [...article.matchAll(/class="curl"><code>([^]*?)<\/code>/g)].map(([, text = ""]) =>
    text.replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&")
  );
}

async function runCommand(command: string): Promise<{ body: string; status: string; type: string }> {
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", `${command} --silent --show-error --noproxy '*' --write-out '${STATUS}'`],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const [, body = "", status = "", type = ""] = /^([^]*)\n(\d{3}) ([^;]*).*$/.exec(text) ??
    assert.fail(`${command}: ${text}${new TextDecoder().decode(stderr)}`);
  return { body, status, type };
}

/** What has the schema: the whole, or each part of a stream. */
function partsOf(body: string, type: string): unknown[] {
  if (type === "application/json") return [JSON.parse(body)];
  if (type === "application/x-ndjson") return body.trimEnd().split("\n").map((line) => JSON.parse(line));
  if (type !== "text/event-stream") return [body];
  const data = body.split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice("data: ".length));
  assert.ok(data.length > 1, body);
  return data.filter((text) => text !== "[DONE]").map((text) => JSON.parse(text));
}
