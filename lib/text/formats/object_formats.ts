import { list, NAMED_FIELDS, OBJECT, wrapped } from "./call_forms.ts";
import { type CallFormat, type Field, literal, space } from "./format.ts";

const LLAMA: Field[] = [{ key: "name", is: "name" }, { key: "parameters", also: ["arguments"], is: "arguments" }];
const NINE: Field = { key: "id", is: "id", signs: 9 };

/** Formats in which a call is an object in JSON. */
export const OBJECT_FORMATS = {
  /** Qwen 2.5 and 3, Hermes 2 and 3, Granite 4, and most others that write ChatML. */
  hermes: { forms: [wrapped("<tool_call>", "</tool_call>", [space("\n"), OBJECT, space("\n")])] },
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
    forms: [list("[TOOL_CALLS]", undefined, { call: { kind: "object", fields: [...NAMED_FIELDS, NINE] } })],
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
  commandRPlus: {
    forms: [{
      open: [literal("Action:"), space("\n"), literal("```json"), space("\n"), literal("["), space("\n    ")],
      call: [{ kind: "object", fields: [{ key: "tool_name", is: "name" }, { key: "parameters", is: "arguments" }] }],
      between: [space(), literal(","), space("\n    ")],
      close: [space("\n"), literal("]"), space(), literal("```")],
    }],
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
  firefunction: { forms: [list("functools", undefined, {})] },
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
} as const satisfies Record<string, CallFormat>;
