// PEER_BIN=… deno task record-templates [NAME.jinja …]: records what llama-server's /apply-template makes of each conversation with each of
// llama.cpp's templates (or those named, beside what is there already) in tests/testdata/templates.json.
import { join } from "node:path";
import { defaultModelFile } from "../built.ts";
import type { ServerProcess } from "../server_process.ts";
import { provideTemplates } from "../template_source.ts";
import { type Answer, packAnswers, type PackedAnswer } from "./packed_answers.ts";
import { findPeer } from "./peer.ts";
import { startPeerWith } from "./peer_with.ts";
import { TEMPLATE_CONVERSATIONS, type TemplateRequest } from "./template_conversations.ts";

/** What the fixture holds. */
export interface TemplateFixture {
  command: string;
  engine: string;
  conversations: Record<string, TemplateRequest>;
  /** By the template's file. */
  templates: Record<string, RecordedTemplate>;
}

/** What llama-server made of the conversations with one template. */
export interface RecordedTemplate {
  /** Its clock, without a zone: templates may write the date. */
  now: string;
  /** By conversation. */
  answers: PackedAnswer[];
}

/** Where the fixture lies. */
export const TEMPLATE_FIXTURE = new URL("../testdata/templates.json", import.meta.url);

if (import.meta.main) {
  const bin = findPeer();
  if (bin === undefined) throw new Error("Set PEER_BIN to the folder of llama-server v0.4.0");
  const folder = await provideTemplates();
  const names = Deno.args.length > 0 ? Deno.args : [...Deno.readDirSync(folder)].map(({ name }) => name);
  const templates = { ...await recorded() };
  for (const name of names.filter((each) => each.endsWith(".jinja"))) {
    console.log(name);
    templates[name] = await record(bin, join(folder, name));
  }
  const fixture: TemplateFixture = {
    command: "PEER_BIN=… deno task record-templates",
    engine: "llama-server v0.4.0 with SmolLM2-135M-Instruct, --jinja --chat-template-file FILE",
    conversations: TEMPLATE_CONVERSATIONS,
    templates: Object.fromEntries(Object.entries(templates).toSorted(([a], [b]) => a < b ? -1 : 1)),
  };
  await Deno.writeTextFile(TEMPLATE_FIXTURE, JSON.stringify(fixture, null, 1) + "\n");
}

/** What an earlier run recorded of the same conversations, unless all templates are recorded. */
async function recorded(): Promise<Record<string, RecordedTemplate>> {
  if (Deno.args.length === 0) return {};
  try {
    const fixture: TemplateFixture = JSON.parse(await Deno.readTextFile(TEMPLATE_FIXTURE));
    return JSON.stringify(fixture.conversations) === JSON.stringify(TEMPLATE_CONVERSATIONS) ? fixture.templates : {};
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

async function record(bin: string, template: string): Promise<RecordedTemplate> {
  const args = ["-m", defaultModelFile(), "--jinja", "--chat-template-file", template, "-c", "256", "-np", "1"];
  await using server = await startPeerWith(bin, [...args, "--no-warmup"]);
  const answers: Answer[] = [];
  for (const request of Object.values(TEMPLATE_CONVERSATIONS)) answers.push(await apply(server, request));
  return { now: localTime(), answers: packAnswers(answers) };
}

async function apply({ url }: ServerProcess, request: TemplateRequest): Promise<Answer> {
  const response = await fetch(`${url}/apply-template`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const body = await response.json();
  if (response.ok) return body.prompt;
  // The template's source around the place comes first.
  return { refused: String(body.error.message).split("\n").at(-1) ?? "" };
}

/** The clock as llama-server reads it, to the minute. */
function localTime(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
