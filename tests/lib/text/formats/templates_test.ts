import assert from "node:assert/strict";
import type { ToolCall } from "../../../../lib/engine/conversation.ts";
import { templateFacts } from "../../../../lib/text/formats/mod.ts";
import { formatsTable, HEADER, PAGE, templateSources } from "./formats_table.ts";
import { readTemplate } from "./read_template.ts";

const CALLS: ToolCall[] = [
  { id: "callid001", name: "get_weather", arguments: '{"city": "Paris \\"x\\"\\nFrance", "days": 3}' },
  { id: "callid002", name: "now", arguments: "{}" },
];

for (const [name, source] of await templateSources()) {
  Deno.test(`calls that ${name} writes are read by the format that is told by its source`, () => {
    const { calls, layout } = templateFacts(source);
    const single = layout === "harmony" || (calls !== undefined && calls.forms[0].between === undefined);
    for (const given of single ? [CALLS.slice(0, 1)] : [CALLS.slice(0, 1), CALLS]) {
      const { written, parsed } = readTemplate(source, given);
      assert.deepEqual(
        parsed.calls.map((call) => [call.name, JSON.parse(call.arguments)]),
        given.map((call) => [call.name, JSON.parse(call.arguments)]),
        written,
      );
      assert.equal(parsed.reasoning, "");
    }
  });
}

Deno.test("docs/formats.md tells the format of each template", async () => {
  const page = await Deno.readTextFile(PAGE);
  const rows = page.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
  assert.deepEqual(rows.filter(([first]) => !/^-+$/.test(first ?? "")), [HEADER, ...await formatsTable()]);
});
