/** One entry of a table of symbols, as it is written. */
export interface WrittenSymbol {
  /** The C prototype in the comment above it. */
  prototype: string;
  /** The expressions for its FFI types. */
  parameters: string[];
  result: string;
}

/** A source file with tables of symbols, as text: what its comments say, and which kind of handle each name stands for. */
export interface SymbolSource {
  /** From a table's name to its entries by symbol. */
  tables: Map<string, Map<string, WrittenSymbol>>;
  /** From the name of a constant to the kind of its handle, e.g. `model` to `llama_model`. */
  handles: Map<string, string>;
}

const TABLE = /^(?:export )?const (\w+_SYMBOLS) = \{\n([\s\S]*?)^\} as const/gm;
const ENTRY = /((?:^ *\/\/.*\n)*)^ {2}(\w+): \{([\s\S]*?)\},$/gm;

/** Reads the tables in the source of a TypeScript file, which `deno fmt` has formatted. */
export function readSymbolSource(text: string): SymbolSource {
  const tables = new Map<string, Map<string, WrittenSymbol>>();
  for (const [, table = "", body = ""] of text.matchAll(TABLE)) {
    const entries = new Map<string, WrittenSymbol>();
    for (const [, comment = "", symbol = "", types = ""] of body.matchAll(ENTRY)) {
      entries.set(symbol, { prototype: comment.replaceAll(/^ *\/\//gm, " ").trim(), ...readTypes(symbol, types) });
    }
    tables.set(table, entries);
  }
  const handles = [...text.matchAll(/^const (\w+) = handle<"(\w+)">\(\);$/gm)];
  return { tables, handles: new Map(handles.map(([, name = "", kind = ""]) => [name, kind])) };
}

/** The kind of handle that an expression in a table stands for; `undefined` when it is no handle. */
export function handleKind(expression: string, { handles }: SymbolSource): string | undefined {
  return handles.get(expression) ?? /^handle<"(\w+)">\(\)$/.exec(expression)?.[1];
}

function readTypes(symbol: string, types: string): { parameters: string[]; result: string } {
  const found = /parameters: \[([\s\S]*)\],\s*result: (.*?),?\s*$/.exec(types);
  if (found === null) throw new Error(`${symbol} has no parameters and result: ${types}`);
  const [, parameters = "", result = ""] = found;
  return { parameters: parameters.split(",").map((part) => part.trim()).filter((part) => part !== ""), result };
}
