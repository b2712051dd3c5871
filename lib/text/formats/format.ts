/** A part of a call of a tool as a model writes it: the parser reads it, the grammar writes it. */
export type Item =
  /** This text; where it looks like a control token (`<…>`, `[…]`) it may be one. */
  | { kind: "literal"; text: string }
  /** Any white space is read, or none; the grammar writes `usual`. */
  | { kind: "space"; usual: string }
  /** The name of the tool, up to the literal behind it. */
  | { kind: "name" }
  /** Signs, the fewest and the most of them. */
  | { kind: "signs"; of: "digits" | "letters and digits"; min: number; max: number }
  /** What these say together is the call's id. */
  | { kind: "id"; items: Item[] }
  /** These or nothing, by whether the first of them, a literal, is there; the grammar leaves them out. */
  | { kind: "optional"; items: Item[] }
  /** The arguments, as JSON. */
  | { kind: "arguments" }
  /** An object in JSON with these members, in any order when read. */
  | { kind: "object"; fields: Field[] }
  /** The arguments one by one. */
  | ({ kind: "parameters" } & ParameterStyle)
  /** The arguments in another notation. */
  | { kind: "notation"; notation: "python" | "gemma" };

/** A member of the object that is a call. */
export interface Field {
  key: string;
  /** Other keys that models write instead. */
  also?: string[];
  is: "name" | "arguments" | "id";
  /** Of an id: how many letters and digits, or digits where it is `counter`. */
  signs?: number | "counter";
}

/** Kinds of values of JSON. */
export type ValueKind = "string" | "number" | "boolean" | "null" | "object" | "array";

/**
 * How a parameter is written: `before` its name, `behind` it, `pad`, the value, `pad`, `close`, `gap`. Strings are written as they are, all else
 * as JSON. White space at the ends of these is not looked at when reading, save for `pad`.
 */
export interface ParameterStyle {
  before: string;
  behind: string;
  /** One of these follows, by what kind of value it is, where the form says that. */
  typed?: Record<ValueKind, string>;
  pad: string;
  close: string;
  gap: string;
  /** These may be around a string, inside `pad`. */
  wrap?: { start: string; end: string };
}

/** A way to write calls. */
export interface CallForm {
  /** In front of the first call. The first item of the form is a literal, unless it is `atBeginning`. */
  open?: Item[];
  call: Item[];
  /** Between two calls; without it there is one at most. */
  between?: Item[];
  close?: Item[];
  /** It is looked for at the beginning of the answer only, which then need not be a literal. */
  atBeginning?: boolean;
}

/** How a family of models calls tools. */
export interface CallFormat {
  /** What drawn ids are like, where not as OpenAI's. */
  ids?: "nine";
  /** Calls are within the marks around what is said. */
  isSpoken?: boolean;
  /** The first is what the grammar asks for where calls are required; all of them, where none is for the beginning. */
  forms: [CallForm, ...CallForm[]];
}

/** How a model writes what it thinks. */
export interface ThoughtFormat {
  start: string;
  end: string;
  /** The white space that is usual behind `start`, and in front of and behind `end`; none when absent. */
  pad?: { start: string; end: string; behind: string };
}

/** Marks around what is said, which are dropped: one where it begins, the other anywhere in it. */
export interface SpeechFormat {
  /** Without it only `end` is looked for. */
  start?: string;
  /** What may be there instead. */
  also?: string;
  /** Nothing is said without `start`. */
  required?: boolean;
  end?: string;
}

/** How a model's answers look. */
export interface AnswerFormat {
  /** `items`: as the other fields say; `generic`: one object in JSON; `harmony`: gpt-oss' channels. */
  layout: "items" | "generic" | "harmony";
  thoughts?: ThoughtFormat;
  speech?: SpeechFormat;
  /** Of the layout `items` alone. */
  calls?: CallFormat;
}

/** Makes a literal. */
export function literal(text: string): Item {
  return { kind: "literal", text };
}

/** Makes white space. */
export function space(usual = ""): Item {
  return { kind: "space", usual };
}

/** DeepSeek's tags are put together of letters and this token. */
const TOKEN = /(｜DSML｜|<(?!\/?｜DSML｜)[^\s<>]+>|\[[^\s[\]{}",]+\])/;

/** A text cut around what can be control tokens. */
export function splitTokens(text: string): string[] {
  return text.split(TOKEN).filter((part) => part !== "");
}

/** Whether all of a text can be a control token. */
export function looksLikeToken(text: string): boolean {
  return TOKEN.exec(text)?.[0] === text;
}
