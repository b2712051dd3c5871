/** A function that a header declares. */
export interface CFunction {
  /** The declaration without its `;`, its tokens joined by single spaces. */
  declaration: string;
  /** Its tokens, joined by single spaces; so are the types below. */
  result: string;
  parameters: { type: string; name: string }[];
}

/** One field of a struct. */
export interface CField {
  name: string;
  type: string;
}

/** Stands for every pointer to a function as a type. */
export const FUNCTION_POINTER = "(*)()";

const TOKEN = /[A-Za-z_]\w*|\.?\d[\w.]*|\.\.\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S/g;
const WORD = /^[A-Za-z_]\w*$/;
const TYPE_WORDS = new Set(["int", "char", "short", "long", "unsigned", "signed", "float", "double", "void", "_Bool"]);
const IGNORED = new Set(["extern", "__extension__", "__restrict", "restrict", "__inline", "inline", "_Noreturn"]);

/**
 * What a C header declares, read from the preprocessor's output (`cc -E -P`), for those declarations that llama.cpp's headers use:
 * functions, structs without nested types, typedefs. Others are passed over.
 */
export class CHeader {
  readonly functions = new Map<string, CFunction>();
  /** From a name to the type that it stands for. */
  readonly typedefs = new Map<string, string>();
  readonly #structs = new Map<string, string[]>();

  constructor(preprocessed: string) {
    const text = preprocessed.replace(/^\s*#.*$/gm, "");
    for (const tokens of splitDeclarations(withoutAttributes(tokenize(text)))) this.#read(tokens);
  }

  /** The fields of a struct in order. */
  fields(name: string): CField[] {
    const body = this.#structs.get(name);
    if (body === undefined) throw new Error(`The header has no struct ${name}`);
    return split(body, ";").map((tokens) => toField(name, tokens));
  }

  #read(tokens: string[]): void {
    const [first, second] = tokens;
    const brace = tokens.indexOf("{");
    if (first === "typedef") this.#readTypedef(tokens.slice(1));
    else if (brace >= 0 && tokens[brace - 1] !== ")") {
      if (first === "struct" && second !== undefined && brace === 2) this.#structs.set(second, bodyOf(tokens, brace));
    } else if (tokens.includes("(")) {
      const found = toFunction(brace < 0 ? tokens : tokens.slice(0, brace));
      if (found !== undefined) this.functions.set(found.name, found.function);
    }
  }

  #readTypedef(tokens: string[]): void {
    const name = tokens.at(-1) ?? "";
    const brace = tokens.indexOf("{");
    const pointer = tokens.join(" ").match(/\( \* (\w+) \) \(/);
    if (brace >= 0) {
      const tag = brace === 2 ? tokens[1] ?? name : name;
      if (tokens[0] === "struct") this.#structs.set(tag, bodyOf(tokens, brace));
      this.typedefs.set(name, `${tokens[0]} ${tag}`);
    } else if (pointer?.[1] !== undefined) this.typedefs.set(pointer[1], FUNCTION_POINTER);
    else if (WORD.test(name)) this.typedefs.set(name, tokens.slice(0, -1).join(" "));
  }
}

/** A C declaration as its tokens joined by single spaces, so that two of them can be compared. */
export function normalizeDeclaration(text: string): string {
  return withoutAttributes(tokenize(text)).join(" ").replace(/ ;$/, "").replaceAll("_Bool", "bool");
}

/** Reads one function declaration, without or with its `;`. */
export function parseFunction(text: string): CFunction & { name: string } {
  const found = toFunction(withoutAttributes(tokenize(text)).filter((token) => token !== ";"));
  if (found === undefined) throw new Error(`Not the declaration of a function: ${text}`);
  return { ...found.function, name: found.name };
}

function tokenize(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** Leaves out `__attribute__((…))`, `__asm__(…)` and words that change no type. */
function withoutAttributes(tokens: string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? "";
    if (token === "__attribute__" || token === "__asm__" || token === "__asm") i = closing(tokens, i + 1);
    else if (!IGNORED.has(token)) kept.push(token);
  }
  return kept;
}

/** The index of the bracket that closes the one at `open`. */
function closing(tokens: string[], open: number): number {
  let depth = 0;
  for (let i = open; i < tokens.length; i++) {
    const token = tokens[i] ?? "";
    if ("({[".includes(token)) depth++;
    else if (")}]".includes(token) && --depth === 0) return i;
  }
  throw new Error(`"${tokens[open]}" is never closed`);
}

/** Top-level declarations without their `;`. A function with a body ends with its `}`. */
function splitDeclarations(tokens: string[]): string[][] {
  const declarations: string[][] = [];
  let start = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === "(" || token === "[") i = closing(tokens, i);
    else if (token === "{") {
      const isFunction = tokens[i - 1] === ")";
      i = closing(tokens, i);
      if (!isFunction) continue;
      declarations.push(tokens.slice(start, i + 1));
      start = i + 1;
    } else if (token === ";") {
      if (i > start) declarations.push(tokens.slice(start, i));
      start = i + 1;
    }
  }
  return declarations;
}

function bodyOf(tokens: string[], brace: number): string[] {
  return tokens.slice(brace + 1, closing(tokens, brace));
}

/** Splits at a separator outside of brackets; empty parts are left out. */
function split(tokens: string[], separator: string): string[][] {
  const parts: string[][] = [[]];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? "";
    if (token === separator) parts.push([]);
    else if ("({[".includes(token)) {
      const end = closing(tokens, i);
      parts.at(-1)?.push(...tokens.slice(i, end + 1));
      i = end;
    } else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

function toField(struct: string, tokens: string[]): CField {
  const { type, name } = toParameter(tokens);
  if (name === "" || tokens.includes("{") || tokens.includes(",") || tokens.includes(":")) {
    throw new Error(`A field of struct ${struct} that this reader does not understand: ${tokens.join(" ")}`);
  }
  return { type, name };
}

function toFunction(tokens: string[]): { name: string; function: CFunction } | undefined {
  const open = tokens.indexOf("(");
  const name = tokens[open - 1];
  if (open < 2 || name === undefined || !WORD.test(name) || closing(tokens, open) !== tokens.length - 1) {
    return undefined;
  }
  const parameters = split(tokens.slice(open + 1, -1), ",").map(toParameter).filter(({ type }) => type !== "void");
  const declaration = tokens.join(" ").replaceAll("_Bool", "bool");
  return { name, function: { declaration, result: tokens.slice(0, open - 1).join(" "), parameters } };
}

function toParameter(tokens: string[]): { type: string; name: string } {
  const pointer = tokens.join(" ").match(/\( \* (\w*) ?\) \(/);
  if (pointer !== null) return { type: FUNCTION_POINTER, name: pointer[1] ?? "" };
  const bracket = tokens.indexOf("[");
  const [declarator, suffix] = bracket < 0 ? [tokens, ""] : [tokens.slice(0, bracket), " *"];
  const last = declarator.at(-1) ?? "";
  const named = declarator.length > 1 && WORD.test(last) && !TYPE_WORDS.has(last) &&
    !["struct", "enum", "union", "const"].includes(declarator.at(-2) ?? "");
  return named
    ? { type: declarator.slice(0, -1).join(" ") + suffix, name: last }
    : { type: declarator.join(" ") + suffix, name: "" };
}
