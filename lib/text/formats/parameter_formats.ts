import { NAME, wrapped } from "./call_forms.ts";
import {
  type CallForm,
  type CallFormat,
  type Item,
  literal,
  type ParameterStyle,
  space,
  type ValueKind,
} from "./format.ts";

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

const QWEN_PARAMETER: ParameterStyle = {
  before: "<parameter=",
  behind: ">",
  pad: "\n",
  close: "</parameter>",
  gap: "\n",
};

const QWEN_CALL = functionTag(QWEN_PARAMETER);

/** Formats in which arguments are written one by one, or not in JSON. */
export const PARAMETER_FORMATS = {
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
  /** DeepSeek V3.2. */
  dsmlFunctions: {
    forms: [invocations("<｜DSML｜function_calls>", "</｜DSML｜function_calls>", { tag: "｜DSML｜", typed: true })],
  },
  /** DeepSeek V4. */
  dsmlTools: {
    forms: [invocations("<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>", { tag: "｜DSML｜", typed: true })],
  },
  minimaxM2: { forms: [invocations("<minimax:tool_call>", "</minimax:tool_call>", { tag: "" })] },
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
