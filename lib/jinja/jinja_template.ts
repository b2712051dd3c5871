import { Environment, parse, tokenize } from "@huggingface/jinja";
import { ChatInterpreter } from "./interpreter.ts";
import { strftime } from "./strftime.ts";
import { markOutputs, type Program } from "./syntax_tree.ts";
import type { UseLog } from "./use_log.ts";
import { isText, textOf, type Value, valueOf } from "./values.ts";

/** How a {@linkcode JinjaTemplate} is rendered. */
export interface RenderOptions {
  /** What `strftime_now` tells. */
  now: Date;
  /** Is told what the template looks at. */
  uses?: UseLog;
  /** Is given the values that the variables became, by their names. */
  onValues?: (values: ReadonlyMap<string, Value>) => void;
}

/** A Jinja template, as models carry it. */
export class JinjaTemplate {
  readonly #program: Program;

  /** @throws {Error} When the source is no Jinja. */
  constructor(source: string) {
    const lines = source.replaceAll(/\r\n?/g, "\n");
    this.#program = markOutputs(parse(tokenize(lines, { lstrip_blocks: true, trim_blocks: true })));
  }

  /**
   * Renders the template with variables that are JSON.
   *
   * @throws {Error} When the template refuses them (`raise_exception`) or does with them what cannot be done.
   */
  render(variables: Readonly<Record<string, unknown>>, { now, uses, onValues }: RenderOptions): string {
    const environment = new Environment();
    for (const [name, value] of globals(now)) environment.setVariable(name, value);
    for (const [name, value] of Object.entries(variables)) environment.setVariable(name, valueOf(value));
    onValues?.(environment.variables);
    const result = new ChatInterpreter(environment, uses).run(this.#program);
    return isText(result) ? result.value : textOf(result);
  }
}

/** What every template knows. */
export const GLOBAL_NAMES: ReadonlySet<string> = new Set([
  ...["true", "True", "false", "False", "none", "None"],
  ...["raise_exception", "strftime_now", "range", "namespace"],
]);

function globals(now: Date): [string, Value][] {
  const constants = { true: true, True: true, false: false, False: false, none: null, None: null };
  return [
    ...Object.entries(constants).map(([name, value]): [string, Value] => [name, valueOf(value)]),
    ["raise_exception", valueOf(raise)],
    ["strftime_now", valueOf((format: unknown) => strftime(now, String(format)))],
    ["range", valueOf(range)],
  ];
}

function raise(message: unknown): never {
  throw new Error(String(message));
}

/** The most numbers of a `range`: a template must not fill the memory at once. */
const LONGEST_RANGE = 1_000_000;

function range(first: number, second?: number, step = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  const length = Math.max(Math.ceil((stop - start) / step), 0);
  if (!(length <= LONGEST_RANGE)) {
    throw new RangeError(`range() of ${length} numbers; at most ${LONGEST_RANGE} are made`);
  }
  return Array.from({ length }, (_, i) => start + i * step);
}
