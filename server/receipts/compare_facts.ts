import { describeSamplers, type Engine, type ModelInfo, type Prompt } from "../../lib/engine/mod.ts";
import { hashBytes } from "../../lib/hash_file.ts";
import type { Receipt } from "../schemas/mod.ts";
import { compareTexts } from "./compare_texts.ts";
import { type FixedPrompt, promptFacts } from "./fix_prompt.ts";
import type { FileFacts } from "./provenance.ts";
import { fromRecordedSampling } from "./receipt_sampling.ts";
import { toRecordedSettings } from "./receipt_settings.ts";
import { loadedLibraries, templateHash } from "./receipt_writer.ts";

/** One thing that a receipt states, and how it is here. */
export interface Comparison {
  name: string;
  /** `other` is told, but a text that is the same all the same counts as reproduced: it changes roundings at most. */
  verdict: "ok" | "other" | "differs";
  detail: string;
}

/** What there is here. */
export interface Here {
  engine: Engine;
  model: ModelInfo;
  files: FileFacts;
  /** The receipt's prompt, rendered here, and what the engine is asked: {@linkcode promptToAsk}. */
  prompt: FixedPrompt;
  asked: Prompt;
}

/**
 * Holds all but the answer's text against what is loaded here.
 *
 * @throws {EngineError} For sampling settings or a prompt that the engine refuses.
 */
export async function compareFacts(receipt: Receipt, here: Here): Promise<Comparison[]> {
  const { packllama, engine } = receipt;
  const { files, model } = here;
  // Libraries of another platform are others, whatever release they are of.
  const libraries = packllama.target === files.packllama.target ? "differs" : "other";
  return [
    ownHash(receipt),
    compare("packllama", files.packllama.version, packllama.version, { otherwise: "other" }),
    compare("platform", files.packllama.target, packllama.target, { otherwise: "other" }),
    compareLists("executable", programParts(files.packllama), programParts(packllama), { otherwise: "other" }),
    compare("engine", files.release, engine.release),
    compareLists(
      "libraries",
      loadedLibraries(files.libraries, model.cpuVariant).map(nameAndHash),
      engine.libraries.map(nameAndHash),
      {
        otherwise: engine.cpu_variant === model.cpuVariant ? libraries : "other",
      },
    ),
    compare("CPU variant", model.cpuVariant, engine.cpu_variant, { otherwise: "other" }),
    compare("backend", model.backend, engine.backend, { otherwise: "other" }),
    ...compareSettings(receipt, model),
    compare("model", weights(files.weights), weights(receipt.model.weights)),
    compare("chat template", templateHash(model), receipt.model.template_sha256),
    compare("LoRA adapters", weights(files.adapters), weights(receipt.model.adapters)),
    ...await comparePrompt(receipt, here),
    compare(
      "sampler chain",
      chain(describeSamplers(fromRecordedSampling(receipt.request.sampling), model)),
      chain(receipt.samplers),
    ),
  ];
}

function compare(
  name: string,
  found: string | null,
  expected: string | null,
  { otherwise = "differs" }: { otherwise?: Comparison["verdict"] } = {},
): Comparison {
  if (found === expected) return { name, verdict: "ok", detail: found ?? "none" };
  return { name, verdict: otherwise, detail: `found ${found ?? "none"}, expected ${expected ?? "none"}` };
}

/** As {@linkcode compare}, of lists in any order; what they share is not shown. */
function compareLists(
  name: string,
  found: readonly string[],
  expected: readonly string[],
  { otherwise }: { otherwise: Comparison["verdict"] },
): Comparison {
  const here = found.filter((each) => !expected.includes(each));
  const there = expected.filter((each) => !found.includes(each));
  if (here.length + there.length === 0) return { name, verdict: "ok", detail: `${found.length} hashes` };
  return compare(name, here.join(", ") || "none", there.join(", ") || "none", { otherwise });
}

/** Whether the receipt agrees with itself. */
function ownHash({ answer }: Receipt): Comparison {
  const found = hashBytes(answer.text);
  if (found === answer.sha256) {
    return { name: "receipt", verdict: "ok", detail: "its text has the hash that it states" };
  }
  const detail = `its text has the SHA-256 ${found}, it states ${answer.sha256}: it was changed`;
  return { name: "receipt", verdict: "differs", detail };
}

function compareSettings({ engine }: Receipt, model: ModelInfo): Comparison[] {
  const found = new Map(Object.entries(flat(toRecordedSettings(model.settings))));
  const expected = new Map(Object.entries(flat(engine.settings)));
  const names = [...new Set([...found.keys(), ...expected.keys()])].filter((name) =>
    found.get(name) !== expected.get(name)
  );
  if (names.length === 0) return [{ name: "settings", verdict: "ok", detail: "as they were" }];
  const shown = (values: Map<string, unknown>, name: string): string => String(values.get(name) ?? "none");
  return names.map((name) =>
    compare(`setting ${name}`, shown(found, name), shown(expected, name), { otherwise: "other" })
  );
}

function flat({ rope, ...rest }: Receipt["engine"]["settings"]): Record<string, unknown> {
  return { ...rest, ...Object.fromEntries(Object.entries(rope).map(([name, value]) => [`rope.${name}`, value])) };
}

/** What to ask: the recorded text where the template writes the time, which is another one by now. */
export function promptToAsk({ prompt: { rendered } }: Receipt, prompt: FixedPrompt, model: ModelInfo): Prompt {
  if (rendered === null || prompt.rendered === null || !writesTime(model)) return prompt.prompt;
  return { kind: "text", text: rendered };
}

function writesTime({ chatTemplate = "" }: ModelInfo): boolean {
  return /strftime_now|date_string|datetime/.test(chatTemplate);
}

async function comparePrompt({ prompt: expected }: Receipt, here: Here): Promise<Comparison[]> {
  const { engine, model, prompt, asked } = here;
  const rendered = compareTexts(prompt.rendered ?? "", expected.rendered ?? "");
  const found = await promptFacts(engine, { prompt: asked, rendered: null });
  return [
    rendered === undefined
      ? { name: "prompt", verdict: "ok", detail: `${found.tokens} tokens` }
      : { name: "prompt", verdict: writesTime(model) ? "other" : "differs", detail: rendered },
    compare("prompt's hash", found.sha256, expected.sha256),
    compare("prompt's tokens", found.tokens_sha256, expected.tokens_sha256),
  ];
}

function programParts({ denort_sha256, executable_sha256, payload_sha256 }: Receipt["packllama"]): string[] {
  const parts = { denort: denort_sha256, executable: executable_sha256, payload: payload_sha256 };
  return Object.entries(parts).flatMap(([name, hash]) => hash === null ? [] : [`${name} ${hash}`]);
}

/** The names of these files are free to change. */
function weights(list: Receipt["model"]["weights"]): string {
  return list.length === 0 ? "none" : list.map(({ size, sha256 }) => `SHA-256 ${sha256} (${size} bytes)`).join(", ");
}

function nameAndHash({ name, sha256 }: { name: string; sha256: string }): string {
  return `${name} ${sha256}`;
}

function chain(steps: Receipt["samplers"]): string {
  return steps.map(({ name, ...parameters }) => {
    const sorted = Object.entries(parameters).sort(([a], [b]) => a < b ? -1 : 1);
    return `${name}(${sorted.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(", ")})`;
  }).join(" → ");
}
