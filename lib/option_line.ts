import { EngineError } from "./errors.ts";
import { ACCEPTED_FLAGS, type OptionSpec, SERVE_OPTIONS, type ServeOptions } from "./options.ts";

/** A line of options in the one spelling that commander is told of. */
export interface OptionLine {
  /** Long names and their values. */
  tokens: string[];
  /** Flags that nothing is known of, with what seemed to be their values left out. */
  unknown: string[];
  /** What is no option, in order. */
  operands: string[];
}

interface Spelling {
  /** The long name; undefined for a flag that is accepted and does nothing. */
  long: string | undefined;
  arity: "none" | "one" | "optional";
}

/**
 * Rewrites options as llama.cpp's users write them (`-ngl 99`, `--n-gpu-layers=99`, `-fa`) to long names with values.
 *
 * @param args The words of a command line, or the lines of `.args`.
 * @throws {EngineError} `usage` when an option that takes a value is the last word.
 */
export function normalizeOptions(args: readonly string[]): OptionLine {
  const line: OptionLine = { tokens: [], unknown: [], operands: [] };
  const spellings = allSpellings();
  const words = args.flatMap(splitAssignment);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (!isOption(word)) {
      line.operands.push(word);
      continue;
    }
    const spelling = spellings.get(word);
    const next = words[i + 1];
    if (spelling === undefined) {
      line.unknown.push(word);
      if (next !== undefined && !isOption(next)) i++;
      continue;
    }
    const takesNext = spelling.arity === "one" ||
      (spelling.arity === "optional" && next !== undefined && /^(on|off|auto|0|1|true|false)$/.test(next));
    if (takesNext && next === undefined) throw new EngineError("usage", `Option ${word} needs a value`);
    if (takesNext) i++;
    if (spelling.long !== undefined) {
      line.tokens.push(spelling.long, ...(takesNext && next !== undefined ? [next] : []));
    }
  }
  return line;
}

/**
 * The options that environment variables ask for: `PACKLLAMA_CTX_SIZE=4096` is `--ctx-size 4096`; a flag is set by anything but nothing,
 * `0`, `false`, `no` and `off`.
 */
export function optionsOfEnvironment(environment: Readonly<Record<string, string>>): string[] {
  return Object.values<OptionSpec>(SERVE_OPTIONS).flatMap((spec) => {
    const long = longName(spec);
    const value = environment[`PACKLLAMA_${long.slice(2).replaceAll("-", "_").toUpperCase()}`];
    if (value === undefined) return [];
    if (arityOf(spec) !== "none") return value === "" ? [] : [long, value];
    return /^(|0|false|no|off)$/i.test(value) ? [] : [long];
  });
}

/**
 * Checks what commander has collected and fills in the defaults.
 *
 * @throws {EngineError} `usage` naming the option, the value found and what is wrong with it.
 */
export function checkOptions(raw: Readonly<Record<string, unknown>>): ServeOptions {
  const values = Object.entries<OptionSpec>(SERVE_OPTIONS).map(([name, spec]) => {
    const result = spec.schema.safeParse(raw[name]);
    if (result.success) return [name, result.data];
    const reason = result.error.issues[0]?.message ?? "is wrong";
    throw new EngineError("usage", `Option ${longName(spec)}: "${String(raw[name])}" ${reason}; see --help`);
  });
  // Each value has just passed the schema of its own entry.
  return Object.fromEntries(values) as ServeOptions;
}

/** The long name in an option's flags, `--no-` included. */
export function longName(spec: OptionSpec): string {
  return /--[a-z0-9-]+/.exec(spec.flags)?.[0] ?? spec.flags;
}

function arityOf(spec: OptionSpec): Spelling["arity"] {
  if (spec.flags.includes("<")) return "one";
  return spec.flags.includes("[") ? "optional" : "none";
}

function allSpellings(): Map<string, Spelling> {
  const spellings = new Map<string, Spelling>();
  for (const [name, values] of Object.entries(ACCEPTED_FLAGS)) {
    spellings.set(name, { long: undefined, arity: values === 0 ? "none" : "one" });
  }
  for (const spec of Object.values<OptionSpec>(SERVE_OPTIONS)) {
    const spelling: Spelling = { long: longName(spec), arity: arityOf(spec) };
    const short = /^-\w/.exec(spec.flags)?.[0];
    for (const name of [spelling.long, short, ...(spec.aliases ?? [])]) if (name) spellings.set(name, spelling);
  }
  return spellings;
}

function isOption(word: string): boolean {
  return /^-{1,2}[a-zA-Z]/.test(word);
}

function splitAssignment(word: string): string[] {
  const found = /^(--[a-zA-Z][\w-]*)=(.*)$/s.exec(word);
  return found ? found.slice(1) : [word];
}
