import { kvBytesPerToken } from "../gguf/mod.ts";
import type { InspectedEntry, InspectedModel, Inspection } from "./inspect.ts";

const KINDS: Record<Inspection["kind"], string> = {
  executable: "Packllama executable",
  llamafile: "llamafile, not made by packllama",
  gguf: "GGUF model",
};

/** Writes an inspection for people, as aligned lines; the last one ends with a line break. */
export function formatInspection(inspection: Inspection): string {
  const { denort, args } = inspection;
  const rows: [string, string | number | undefined][] = [
    ["file", inspection.path],
    ["size", bytes(inspection.size)],
    ["kind", KINDS[inspection.kind]],
    ["format", inspection.formatVersion],
    ["packed by", inspection.packllama === undefined ? undefined : `packllama ${inspection.packllama}`],
    ["engine", inspection.engine],
    ["target", inspection.target],
    [
      "denort",
      denort === undefined ? undefined : `${denort.sha256} (${denort.pinned ? "pinned" : "not the pinned bytes"})`,
    ],
    ["arguments", argumentsLine(args.before, args.after)],
  ];
  const parts = [table(rows)];
  if (inspection.model !== undefined) parts.push(table(modelRows(inspection.model)));
  if (inspection.entries.length > 0) parts.push(entryLines(inspection.entries));
  const template = inspection.model?.chatTemplate;
  if (template !== undefined) parts.push(`chat template\n${template.replace(/^/gm, "  ").trimEnd()}\n`);
  // A file's text must not be able to move the cursor or change colours.
  // deno-lint-ignore no-control-regex
  return parts.join("\n").replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "�");
}

function modelRows(model: InspectedModel): [string, string | number | undefined][] {
  const perToken = kvBytesPerToken(model);
  return [
    ["model", model.name],
    ["architecture", model.architecture],
    ["parameters", `${(model.parameters / 1e6).toFixed(1)} M${model.sizeLabel ? ` (${model.sizeLabel})` : ""}`],
    ["quantization", model.quantization],
    ["tensors", `${model.tensors}, ${bytes(model.sizeBytes)}`],
    ["weights at", `byte ${model.offset}, ${bytes(model.bytes)}, GGUF version ${model.ggufVersion}`],
    ["context", model.contextLength === undefined ? undefined : `${model.contextLength} tokens`],
    ["KV cache", perToken === 0 ? undefined : `${bytes(perToken)} per token at F16`],
    ["layers", model.layers],
    ["heads", shape(model)],
    ["sliding window", model.slidingWindow],
    ["vocabulary", model.vocabularySize],
    ["tokenizer", model.tokenizer],
    ["template", model.chatTemplate === undefined ? "no" : "yes"],
    ["licence", model.license ?? "not stated"],
  ];
}

function shape({ heads, headsKv, keyLength }: InspectedModel): string | undefined {
  if (heads === undefined) return undefined;
  return `${perLayer(heads)} query, ${perLayer(headsKv)} key and value, ${keyLength ?? "?"} elements each`;
}

function perLayer(count: number | number[] | undefined): string {
  if (!Array.isArray(count)) return String(count ?? "?");
  return [...new Set(count)].sort((a, b) => a - b).join("/");
}

function argumentsLine(before: string[], after: string[]): string | undefined {
  if (before.length + after.length === 0) return undefined;
  const words = after.length === 0 ? before : [...before, "...", ...after];
  return words.map((word) => /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word)).join(" ");
}

function entryLines(entries: InspectedEntry[]): string {
  const width = Math.max(...entries.map(({ size }) => String(size).length));
  const lines = entries.map(({ name, size, method, sha256 }) => {
    const sum = sha256 === undefined ? "" : `  ${sha256.slice(0, 16)}…`;
    return `  ${String(size).padStart(width)}  ${method === 0 ? "stored  " : "deflated"}  ${name}${sum}`;
  });
  return `entries\n${lines.join("\n")}\n`;
}

function table(rows: [string, string | number | undefined][]): string {
  const shown = rows.filter(([, value]) => value !== undefined);
  const width = Math.max(...shown.map(([key]) => key.length));
  return shown.map(([key, value]) => `${key.padEnd(width)}  ${value}\n`).join("");
}

function bytes(count: number): string {
  if (count < 10_000) return `${count} bytes`;
  const [unit, factor] = count < 1e6 ? ["kB", 1e3] as const : count < 1e9 ? ["MB", 1e6] as const : ["GB", 1e9] as const;
  return `${(count / factor).toFixed(1)} ${unit}`;
}
