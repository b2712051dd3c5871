import { ARGUMENTS, list, NAME } from "./call_forms.ts";
import { type CallForm, type CallFormat, type Item, literal, space } from "./format.ts";

/** Each call between markers, all of them between two more. */
function deepseek(inner: Item[], between: string): CallForm {
  return {
    open: [literal("<｜tool▁calls▁begin｜>"), space()],
    call: [literal("<｜tool▁call▁begin｜>"), ...inner, literal("<｜tool▁call▁end｜>")],
    between: [space(between)],
    close: [space(), literal("<｜tool▁calls▁end｜>")],
  };
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

/** Formats in which a call is a name and, behind it, arguments in JSON. */
export const NAMED_FORMATS = {
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
  solar: {
    forms: [
      solar([literal("<|begin|>"), literal("assistant"), literal("<|tool_calls|>")]),
      solar([literal("<|tool_calls|>")]),
    ],
  },
} as const satisfies Record<string, CallFormat>;
