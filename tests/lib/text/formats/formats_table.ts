import { join } from "node:path";
import { templateFacts } from "../../../../lib/text/formats/mod.ts";
import { provideTemplates } from "../../../template_source.ts";

/** The chat templates in llama.cpp's sources, by their names, in their order. */
export async function templateSources(): Promise<Map<string, string>> {
  const folder = await provideTemplates();
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).filter((name) =>
    name.endsWith(".jinja")
  );
  const sources = names.sort().map(async (name) =>
    [name.replace(/\.jinja$/, ""), await Deno.readTextFile(join(folder, name))] as const
  );
  return new Map(await Promise.all(sources));
}

/** By template: the format of calls, the marks around thoughts, and what we add to the conversation. */
export async function formatsTable(): Promise<string[][]> {
  const sources = await templateSources();
  return [...sources].map(([name, source]) => {
    const { callFormat, thoughts, layout, showsTools, writesCalls } = templateFacts(source);
    const marks = layout === "harmony"
      ? "`analysis` channel"
      : thoughts === undefined
      ? ""
      : code(`${thoughts.start}…${thoughts.end}`);
    const added = [showsTools ? "" : "tools", writesCalls ? "" : "calls"].filter((each) => each !== "").join(", ");
    return [name, callFormat, marks, added];
  });
}

function code(text: string): string {
  return `\`${text.trim().replaceAll("|", "\\|")}\``;
}

/** The page on formats: what it says by hand, and the table behind it. */
export const PAGE = new URL("../../../../docs/formats.md", import.meta.url);
/** Where the table begins. */
export const HEADER = ["template", "calls", "thoughts", "we add"];

if (import.meta.main) {
  const page = await Deno.readTextFile(PAGE);
  const text = page.slice(0, page.search(/^\| template/m));
  const rows = [HEADER, HEADER.map(() => "-"), ...await formatsTable()];
  await Deno.writeTextFile(PAGE, `${text}${rows.map((row) => `| ${row.join(" | ")} |\n`).join("")}`);
}
