import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../built.ts";

/** The table has these clients under their packages' names. */
const NPM = ["openai", "@anthropic-ai/sdk", "ollama", "ai", "@ai-sdk/openai-compatible"];
const PYPI = ["openai", "langchain", "langchain-openai", "litellm", "llm", "instructor"];

Deno.test("docs/clients.md names the versions that are tested", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "import_map.json")));
  const lists = ["requirements.txt", "instructor_requirements.txt"].map((file) =>
    Deno.readTextFile(join(ROOT, "tests/clients/python", file))
  );
  // openai is in both; the clients' own list comes first.
  const requirements = (await Promise.all(lists)).join("\n").split("\n");
  const pinned = [
    ...NPM.map((name) => `npm \`${name}\` ${String(imports[name]).slice(`npm:${name}@`.length)}`),
    ...PYPI.map((name) => {
      const line = requirements.find((requirement) => requirement.startsWith(`${name}==`));
      return `PyPI \`${name}\` ${line?.slice(`${name}==`.length)}`;
    }),
  ];
  const table = await Deno.readTextFile(join(ROOT, "docs/clients.md"));
  assert.deepEqual(pinned.filter((client) => !table.includes(client)), []);
});
