import type { JudgedCase } from "./judge.ts";
import type { Kind } from "./not_applying.ts";
import type { CaseResult } from "./run_cases.ts";

/** What the page says of the run. */
export interface SuiteReport {
  cases: JudgedCase[];
  /** `YYYY-MM-DD`. */
  date: string;
  /** Of packllama and, where it was run, of llama-server. */
  versions: { ours: string; peer?: string };
}

/** The page of all cases, as Markdown that `deno fmt` has still to align. */
export function suiteMarkdown({ cases, date, versions }: SuiteReport): string {
  const files = Map.groupBy(cases, ({ ours }) => fileOf(ours));
  return [
    "# llama-server's own tests",
    `Command: \`deno task peer-tests\`. ${date}, ${versions.ours} ${
      versions.peer === undefined ? "alone" : `and ${versions.peer}`
    }.`,
    INTRODUCTION,
    table(["file", "cases", "packllama passes", ...KINDS, "skipped", "llama-server passes"], [
      ...Array.from(files, ([file, list]) => [`\`${file}\``, ...counts(list)]),
      ["all", ...counts(cases)],
    ]),
    ...Array.from(files, ([file, list]) => `## ${file}\n\n${casesTable(list)}`),
  ].join("\n\n") + "\n";
}

const KINDS: readonly Kind[] = ["another model", "by choice", "not yet"];

const INTRODUCTION = `\
The cases come from \`tools/server/tests/unit\` of llama.cpp v0.4.0 and are run as they are. A pytest plugin of ours
(\`tests/peer_suite/packllama_plugin.py\`) has them start the packed SmolLM2-135M-Instruct, or llama-server with the same
GGUF, each with the options that the case asks for (which an external server, \`DEBUG_EXTERNAL\`, would not have). The
suite's own models cannot be had here, so what depends on the model is let pass, and the table says where a case used that:

- _text_: what the model says, where a regular expression expects another model's words; not where a grammar or a schema
  decides it
- _tokens_: how many tokens the case's prompt has
- _fingerprint_: \`system_fingerprint\` begins with \`packllama-\`, and not with the \`b\` of llama.cpp's builds
- _opening_: the first part of a streamed message has the content \`""\` as OpenAI's has, where llama-server's has \`null\`
- _debug_: llama-server started with \`--verbose\` adds the prompt to its answer; ours is asked for it at \`/apply-template\`

Of \`test_tool_call.py\` four tests are left out that ask for a larger model's skills: \`test_weather\`, \`test_calc_result\`,
\`test_thoughts\`, \`test_hello_world\`. The models that the names of its other cases have are not there: SmolLM2 answers, with the
chat template that the case gives it, if any. Where a call is required, llama-server takes other text in front of it, which
SmolLM2 does not end in time; and what it says that is not of the template's format is there an error 500.

Everything else that a case asserts is held to. What cannot pass expects _another model_, or what is otherwise here _by
choice_, or is _not yet_ there: the last column says what it is, and the one before it what llama-server makes of the same
case with this model. (It embeds with a chat model only where \`--pooling\` is given,
which several cases of \`test_embedding.py\` do not.)`;

function casesTable(cases: JudgedCase[]): string {
  return table(
    ["case", "packllama", "llama-server", "why not"],
    cases.map(({ ours, peer, reason }) => [
      code(ours.name.slice(ours.name.indexOf("::") + 2)),
      reason === undefined ? outcome(ours) : reason.kind,
      peer === undefined ? "not run" : outcome(peer),
      reason?.why ?? (ours.outcome === "skipped" ? ours.message : ""),
    ]),
  );
}

function counts(cases: JudgedCase[]): string[] {
  const passed = (results: (CaseResult | undefined)[]): string =>
    String(results.filter((result) => result?.outcome === "passed").length);
  return [
    String(cases.length),
    passed(cases.map(({ ours }) => ours)),
    ...KINDS.map((kind) => String(cases.filter(({ reason }) => reason?.kind === kind).length)),
    String(cases.filter(({ ours }) => ours.outcome === "skipped").length),
    cases.some(({ peer }) => peer !== undefined) ? passed(cases.map(({ peer }) => peer)) : "not run",
  ];
}

function outcome({ outcome, letPass }: CaseResult): string {
  if (outcome !== "passed") return outcome === "failed" ? "fails" : "skipped";
  return letPass.length === 0 ? "passes" : `passes, but for ${letPass.join(", ")}`;
}

function fileOf({ name }: CaseResult): string {
  return name.slice(0, name.indexOf("::"));
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Inside a table a bar would end the cell, also in code. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}
