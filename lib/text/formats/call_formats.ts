import {
  type CallForm,
  type CallFormat,
  type Field,
  type Item,
  literal,
  type ParameterStyle,
  space,
  type ValueKind,
} from "./format.ts";

const NAME: Item = { kind: "name" };
const ARGUMENTS: Item = { kind: "arguments" };
const NAMED: Field[] = [{ key: "name", is: "name" }, { key: "arguments", also: ["parameters"], is: "arguments" }];
const LLAMA: Field[] = [{ key: "name", is: "name" }, { key: "parameters", also: ["arguments"], is: "arguments" }];
/** `{"name": …, "arguments": …}` */
export const OBJECT: Item = { kind: "object", fields: NAMED };

/** A list in JSON, between two markers. */
function list(
  start: string,
  close: string | undefined,
  { call = OBJECT, line, end = "" }: { call?: Item | Item[]; line?: string; end?: string },
): CallForm {
  return {
    open: [literal(start), space(), literal("["), space(line ?? "")],
    call: [call].flat(),
    between: [space(), literal(","), space(line ?? " ")],
    close: [space(end), literal("]"), ...(close === undefined ? [] : [space(), literal(close)])],
  };
}

/** Each call between markers of its own, one below the other. */
function wrapped(start: string, end: string, inner: readonly Item[], between = "\n"): CallForm {
  return { call: [literal(start), ...inner, literal(end)], between: [space(between)] };
}

/** `<function=…>` with its parameters. */
function functionTag(parameters: ParameterStyle): Item[] {
  return [
    space("\n"),
    literal("<function="),
    NAME,
    literal(">"),
    space("\n"),
    { kind: "parameters", ...parameters },
    space(),
    literal("</function>"),
    space("\n"),
  ];
}

/** `<invoke name="…">` with its parameters, in a block. */
function invocations(start: string, end: string, { tag, typed }: { tag: string; typed?: boolean }): CallForm {
  const [open, close] = [`<${tag}`, `</${tag}`];
  return {
    open: [literal(start), space("\n")],
    call: [
      literal(`${open}invoke name="`),
      NAME,
      literal('">'),
      space("\n"),
      {
        kind: "parameters",
        before: `${open}parameter name="`,
        behind: typed ? '"' : '">',
        ...(typed ? { typed: kinds((kind) => ` string="${kind === "string"}">`) } : {}),
        pad: "",
        close: `${close}parameter>`,
        gap: "\n",
      },
      space(),
      literal(`${close}invoke>`),
    ],
    between: [space("\n")],
    close: [space("\n"), literal(end)],
  };
}

function kinds(write: (kind: ValueKind) => string): Record<ValueKind, string> {
  return {
    string: write("string"),
    number: write("number"),
    boolean: write("boolean"),
    null: write("null"),
    object: write("object"),
    array: write("array"),
  };
}

/** The name, and behind it `<arg_key>` and `<arg_value>` again and again. */
function keysAndValues(line: string): Item[] {
  return [
    NAME,
    space(line),
    {
      kind: "parameters",
      before: "<arg_key>",
      behind: `</arg_key>${line}<arg_value>`,
      pad: "",
      close: "</arg_value>",
      gap: line,
    },
    space(),
  ];
}

function solar(open: Item[]): CallForm {
  return {
    open,
    call: [
      literal("<|tool_call:begin|>"),
      { kind: "id", items: [{ kind: "signs", of: "letters and digits", min: 1, max: 24 }] },
      literal("<|tool_call:name|>"),
      NAME,
      literal("<|tool_call:args|>"),
      ARGUMENTS,
      literal("<|tool_call:end|>"),
    ],
    between: [],
    close: [space(), literal("<|calls|>")],
  };
}

/** Each call between markers, all of them between two more. */
function deepseek(inner: Item[], between: string): CallForm {
  return {
    open: [literal("<｜tool▁calls▁begin｜>"), space()],
    call: [literal("<｜tool▁call▁begin｜>"), ...inner, literal("<｜tool▁call▁end｜>")],
    between: [space(between)],
    close: [space(), literal("<｜tool▁calls▁end｜>")],
  };
}

const QWEN_PARAMETER: ParameterStyle = {
  before: "<parameter=",
  behind: ">",
  pad: "\n",
  close: "</parameter>",
  gap: "\n",
};

const QWEN_CALL = functionTag(QWEN_PARAMETER);

const nine: Field = { key: "id", is: "id", signs: 9 };

/** Formats by their names. */
export const CALL_FORMATS = {
  /** Qwen 2.5 and 3, Hermes 2 and 3, Granite 4, and most others that write ChatML. */
  hermes: { forms: [wrapped("<tool_call>", "</tool_call>", [space("\n"), OBJECT, space("\n")])] },
  /** Qwen3-Coder, Qwen 3.5, Nemotron 3, Step 3.5. Some leave the outer tag out. */
  qwenCoder: {
    forms: [
      wrapped("<tool_call>", "</tool_call>", QWEN_CALL),
      { call: QWEN_CALL.slice(1, -1), between: [space("\n")], close: [space("\n"), literal("</tool_call>")] },
    ],
  },
  seed: { forms: [wrapped("<seed:tool_call>", "</seed:tool_call>", functionTag({ ...QWEN_PARAMETER, pad: "" }))] },
  glm: { forms: [wrapped("<tool_call>", "</tool_call>", keysAndValues("\n"))] },
  /** GLM 4.7 and Laguna, without line breaks. */
  glmDense: { forms: [wrapped("<tool_call>", "</tool_call>", keysAndValues(""), "")] },
  /** Llama 3.1 to 3.3 write one call, and nothing else. */
  llama: {
    forms: [
      { call: [{ kind: "object", fields: LLAMA }], atBeginning: true },
      { call: [literal("<|python_tag|>"), space(), { kind: "object", fields: LLAMA }] },
    ],
  },
  /** Mistral up to Nemo and Small 3. */
  mistral: {
    ids: "nine",
    forms: [list("[TOOL_CALLS]", undefined, { call: { kind: "object", fields: [...NAMED, nine] } })],
  },
  /** Mistral from Small 3.2 on, Devstral, Magistral, Ministral 3. */
  mistralArgs: {
    ids: "nine",
    forms: [{
      call: [
        literal("[TOOL_CALLS]"),
        NAME,
        {
          kind: "optional",
          items: [literal("[CALL_ID]"), {
            kind: "id",
            items: [{ kind: "signs", of: "letters and digits", min: 9, max: 9 }],
          }],
        },
        literal("[ARGS]"),
        ARGUMENTS,
      ],
      between: [],
    }],
  },
  functionaryTag: {
    forms: [{ call: [literal("<function="), NAME, literal(">"), ARGUMENTS, literal("</function>")], between: [] }],
  },
  /** The prompt ends with `>>>`. */
  functionaryRecipient: {
    forms: [
      { call: [NAME, literal("\n"), ARGUMENTS], between: [space(), literal(">>>")], atBeginning: true },
      { call: [literal(">>>"), NAME, literal("\n"), ARGUMENTS], between: [space()] },
    ],
  },
  /** DeepSeek R1 and V3. */
  deepseek: {
    forms: [
      deepseek([
        literal("function"),
        literal("<｜tool▁sep｜>"),
        NAME,
        literal("\n```json\n"),
        ARGUMENTS,
        literal("\n```"),
      ], "\n"),
    ],
  },
  /** DeepSeek V3.1. */
  deepseekDense: { forms: [deepseek([NAME, literal("<｜tool▁sep｜>"), ARGUMENTS], "")] },
  /** DeepSeek V3.2. */
  dsmlFunctions: {
    forms: [invocations("<｜DSML｜function_calls>", "</｜DSML｜function_calls>", { tag: "｜DSML｜", typed: true })],
  },
  /** DeepSeek V4. */
  dsmlTools: {
    forms: [invocations("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", { tag: "｜DSML｜", typed: true })],
  },
  commandR: {
    forms: [
      list("<|START_ACTION|>", "<|END_ACTION|>", {
        call: {
          kind: "object",
          fields: [
            { key: "tool_call_id", is: "id", signs: "counter" },
            { key: "tool_name", is: "name" },
            { key: "parameters", is: "arguments" },
          ],
        },
        line: "\n    ",
        end: "\n",
      }),
    ],
  },
  /** Granite 3. */
  granite: { forms: [list("<|tool_call|>", undefined, {})] },
  phi: { forms: [list("<|tool_call|>", "<|/tool_call|>", {})] },
  /** Nemotron Nano 2. */
  nemotron: { forms: [list("<TOOLCALL>", "</TOOLCALL>", {})] },
  /** Apriel 1.5. */
  apriel: { forms: [list("<tool_calls>", "</tool_calls>", {})] },
  minimaxM1: {
    forms: [{
      open: [literal("<tool_calls>"), space("\n")],
      call: [OBJECT],
      between: [space("\n")],
      close: [space("\n"), literal("</tool_calls>")],
    }],
  },
  minimaxM2: { forms: [invocations("<minimax:tool_call>", "</minimax:tool_call>", { tag: "" })] },
  firefunction: { forms: [list("functools", undefined, {})] },
  apertus: {
    forms: [
      list("<|tools_prefix|>", "<|tools_suffix|>", {
        call: [
          literal("{"),
          space(),
          literal('"'),
          NAME,
          literal('"'),
          space(),
          literal(":"),
          space(" "),
          ARGUMENTS,
          space(),
          literal("}"),
        ],
      }),
    ],
  },
  kimi: {
    forms: [{
      open: [literal("<|tool_calls_section_begin|>"), space()],
      call: [
        literal("<|tool_call_begin|>"),
        space(),
        {
          kind: "id",
          items: [literal("functions."), NAME, literal(":"), { kind: "signs", of: "digits", min: 1, max: 4 }],
        },
        space(),
        literal("<|tool_call_argument_begin|>"),
        space(),
        ARGUMENTS,
        space(),
        literal("<|tool_call_end|>"),
      ],
      between: [space()],
      close: [space(), literal("<|tool_calls_section_end|>")],
    }],
  },
  /** Hunyuan 3, whose tags have a mark. */
  hunyuan: {
    forms: [{
      open: [literal("<tool_calls:opensource>"), space("\n")],
      call: [
        literal("<tool_call:opensource>"),
        NAME,
        literal("<tool_sep:opensource>"),
        space("\n"),
        {
          kind: "parameters",
          before: "<arg_key:opensource>",
          behind: "</arg_key:opensource>\n<arg_value:opensource>",
          pad: "",
          close: "</arg_value:opensource>",
          gap: "\n",
        },
        space(),
        literal("</tool_call:opensource>"),
      ],
      between: [space("\n")],
      close: [space("\n"), literal("</tool_calls:opensource>")],
    }],
  },
  miniCpm: {
    forms: [{
      call: [
        literal('<function name="'),
        NAME,
        literal('">'),
        {
          kind: "parameters",
          before: '<param name="',
          behind: '">',
          pad: "",
          close: "</param>",
          gap: "",
          wrap: { start: "<![CDATA[", end: "]]>" },
        },
        space(),
        literal("</function>"),
      ],
      between: [space("\n")],
    }],
  },
  commandRPlus: {
    forms: [{
      open: [literal("Action:"), space("\n"), literal("```json"), space("\n"), literal("["), space("\n    ")],
      call: [{ kind: "object", fields: [{ key: "tool_name", is: "name" }, { key: "parameters", is: "arguments" }] }],
      between: [space(), literal(","), space("\n    ")],
      close: [space("\n"), literal("]"), space(), literal("```")],
    }],
  },
  gigachat: {
    forms: [{
      call: [
        literal("<|message_sep|>"),
        space("\n\n"),
        literal("function call"),
        literal("<|role_sep|>"),
        space("\n"),
        OBJECT,
      ],
    }],
  },
  /** GigaChat 3.1. */
  gigachatToken: { forms: [{ call: [literal("<|function_call|>"), space(), OBJECT] }] },
  kimi3: {
    forms: [{
      open: [literal("<|open|>"), literal("tools"), literal("<|sep|>"), space()],
      call: [
        literal('<|open|>call tool="'),
        NAME,
        literal('" index="'),
        { kind: "signs", of: "digits", min: 1, max: 3 },
        literal('"<|sep|>'),
        {
          kind: "parameters",
          before: '<|open|>argument key="',
          behind: '"',
          typed: kinds((kind) => ` type="${kind}"<|sep|>`),
          pad: "",
          close: "<|close|>argument<|sep|>",
          gap: "",
        },
        literal("<|close|>call<|sep|>"),
      ],
      between: [space()],
      close: [space(), literal("<|close|>tools<|sep|>")],
    }],
  },
  solar: {
    forms: [
      solar([literal("<|begin|>"), literal("assistant"), literal("<|tool_calls|>")]),
      solar([literal("<|tool_calls|>")]),
    ],
  },
  lfm2: {
    forms: [{
      open: [literal("<|tool_call_start|>"), space(), literal("["), space()],
      call: [NAME, { kind: "notation", notation: "python" }],
      between: [space(), literal(","), space(" ")],
      close: [space(), literal("]"), space(), literal("<|tool_call_end|>")],
    }],
  },
  gemma4: {
    forms: [{
      call: [
        literal("<|tool_call>"),
        literal("call:"),
        NAME,
        { kind: "notation", notation: "gemma" },
        literal("<tool_call|>"),
      ],
      between: [],
    }],
  },
} as const satisfies Record<string, CallFormat>;
