import { EngineError } from "./errors.ts";
import { ACCEPTED_FLAGS, type OptionSpec, SERVE_OPTIONS, type ServeOptions } from "./options.ts";

/** One option as it was given: its name in {@linkcode SERVE_OPTIONS} and its text; true or false for a flag. */
export type GivenOption = [name: string, value: string | boolean];

/** What a line of options asks for. */
export interface OptionLine {
  options: GivenOption[];
  /** Flags that nothing is known of, with what seemed to be their values left out. */
  unknown: string[];
  /** The last word, when it is an option whose value is missing. */
  incomplete: string | undefined;
  /** What is no option, in order. */
  operands: string[];
}

interface Spelling {
  /** undefined for a flag that is accepted and does nothing. */
  name: string | undefined;
  arity: "none" | "one" | "optional";
  /** What the flag means without a value; false for `--no-…`. */
  bare: boolean;
}

/**
 * Reads options as llama.cpp's users write them: `-ngl 99`, `--n-gpu-layers=99`, `-fa`.
 *
 * @param args The words of a command line, or the lines of `.args`.
 */
export function readOptionLine(args: readonly string[]): OptionLine {
  const line: OptionLine = { options: [], unknown: [], incomplete: undefined, operands: [] };
  const spellings = allSpellings();
  const words = [...args];
  for (let i = 0; i < words.length; i++) {
    words.splice(i, 1, ...splitAssignment(words[i] ?? ""));
    const word = words[i] ?? "";
    const next = words[i + 1];
    const spelling = spellings.get(word);
    if (spelling?.arity === "one" && next === undefined) line.incomplete = word;
    else if (spelling !== undefined) {
      const takesNext = spelling.arity === "one" ||
        (spelling.arity === "optional" && next !== undefined && OPTIONAL_VALUES.test(next));
      if (takesNext) i++;
      const value = takesNext && next !== undefined ? next : spelling.bare;
      if (spelling.name !== undefined) line.options.push([spelling.name, value]);
    } else if (isOption(word)) {
      line.unknown.push(word);
      if (next !== undefined && !isOption(next)) i++;
    } else line.operands.push(word);
  }
  return line;
}

/**
 * The options that environment variables ask for: `PACKLLAMA_CTX_SIZE=4096` is `--ctx-size 4096`; a flag is set by anything but nothing,
 * `0`, `false`, `no` and `off`.
 */
export function optionsOfEnvironment(environment: Readonly<Record<string, string>>): GivenOption[] {
  return Object.entries<OptionSpec>(SERVE_OPTIONS).flatMap(([name, spec]): GivenOption[] => {
    const long = longName(spec);
    const value = environment[`PACKLLAMA_${long.slice(2).replaceAll("-", "_").toUpperCase()}`];
    if (value === undefined) return [];
    if (arityOf(spec) !== "none") return value === "" ? [] : [[name, value]];
    return /^(|0|false|no|off)$/i.test(value) ? [] : [[name, !isNegated(spec)]];
  });
}

/**
 * Checks what was given, of which the last wins, and fills in the defaults.
 *
 * @throws {EngineError} `usage` naming the option, the value found and what is wrong with it.
 */
export function checkOptions(given: readonly GivenOption[]): ServeOptions {
  const values = Object.entries<OptionSpec>(SERVE_OPTIONS).map(([name, spec]) => {
    const texts = given.filter((option) => option[0] === name).map((option) => option[1]);
    const raw = spec.repeatable && texts.length > 0 ? texts.join("\n") : texts.at(-1);
    try {
      return [name, spec.value(raw)];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const message = `Option ${longName(spec)}: "${raw}" ${error.message}; see --help`;
      throw new EngineError("usage", message, { cause: error });
    }
  });
  // Each value has just been made by its own entry.
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

function isNegated(spec: OptionSpec): boolean {
  return longName(spec).startsWith("--no-");
}

function allSpellings(): Map<string, Spelling> {
  const spellings = new Map<string, Spelling>();
  for (const [flag, values] of Object.entries(ACCEPTED_FLAGS)) {
    spellings.set(flag, { name: undefined, arity: values === 0 ? "none" : "one", bare: true });
  }
  for (const [name, spec] of Object.entries<OptionSpec>(SERVE_OPTIONS)) {
    const spelling: Spelling = { name, arity: arityOf(spec), bare: !isNegated(spec) };
    const short = /^-\w/.exec(spec.flags)?.[0];
    for (const flag of [longName(spec), short, ...(spec.aliases ?? [])]) if (flag) spellings.set(flag, spelling);
  }
  return spellings;
}

const OPTIONAL_VALUES = /^(on|off|auto|0|1|true|false)$/;

function isOption(word: string): boolean {
  return /^-{1,2}[a-zA-Z]/.test(word);
}

function splitAssignment(word: string): string[] {
  const found = /^(--[a-zA-Z][\w-]*)=(.*)$/s.exec(word);
  return found ? found.slice(1) : [word];
}
