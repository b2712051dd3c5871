import type { AnswerPart } from "../answer_parts.ts";
import type {
  FunctionCall,
  InputItem,
  Item,
  OutputItem,
  OutputText,
  ReasoningItem,
} from "../../schemas/responses/mod.ts";
import { newId } from "../../new_id.ts";
import { toChatLogprobs } from "../chat_logprobs.ts";
import { expectArguments } from "../expect_arguments.ts";

type Status = OutputItem["status"];
type Reasoned = Extract<InputItem, { type: "reasoning" }>;

/**
 * What a request brings, in the one form in which it is kept; a plain text is the user's.
 *
 * @throws {EngineError} `invalid_value` for calls whose arguments are no JSON object.
 */
export function toItems(input: string | InputItem[] | null | undefined): Item[] {
  if (typeof input === "string") return toItems([{ role: "user", content: input }]);
  return (input ?? []).map((item, index) => toItem(item, `input.${index}`));
}

/** A text of an answer, with nothing but itself. */
export function toOutputText(text: string): OutputText {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

/** The id of the item that a part of an answer becomes. */
export function newItemId(part: AnswerPart): string {
  return newId({ text: "msg_", reasoning: "rs_", call: "fc_" }[part.kind]);
}

/** The item that a part of an answer is, as far as it is there; one that is in progress has nothing in it yet. */
export function toOutputItem(part: AnswerPart, { id, status }: { id: string; status: Status }): OutputItem {
  const begins = status === "in_progress";
  switch (part.kind) {
    case "text": {
      const content = begins ? [] : [{ ...toOutputText(part.text), logprobs: toChatLogprobs(part.logprobs).content }];
      return { id, type: "message", role: "assistant", status, content };
    }
    case "reasoning":
      return toReasoning(begins ? [] : [part.text], { id, status });
    case "call":
      return toCall({ call_id: part.id, name: part.name, arguments: begins ? "" : part.text }, { id, status });
  }
}

/** Ids are new also for what was sent back: within a conversation no two items may have the same. */
function toItem(item: InputItem, param: string): Item {
  const status = "completed";
  switch (item.type) {
    case "function_call": {
      const text = expectArguments(item.arguments, `${param}.arguments`);
      return toCall({ call_id: item.call_id, name: item.name, arguments: text }, { id: newId("fc_"), status });
    }
    case "function_call_output":
      return {
        id: newId("fc_"),
        type: item.type,
        call_id: item.call_id,
        output: textsOf(item.output).join("\n"),
        status,
      };
    case "reasoning":
      return toReasoning(thoughtsOf(item), { id: newId("rs_"), status });
    default: {
      const head = { id: newId("msg_"), type: "message", status } as const;
      const texts = textsOf(item.content);
      return item.role === "assistant"
        ? { ...head, role: item.role, content: texts.map(toOutputText) }
        : { ...head, role: item.role, content: texts.map((text) => ({ type: "input_text", text })) };
    }
  }
}

function toCall(
  { call_id, name, arguments: text }: Pick<FunctionCall, "call_id" | "name" | "arguments">,
  { id, status }: { id: string; status: Status },
): FunctionCall {
  return { id, type: "function_call", call_id, name, arguments: text, status };
}

function toReasoning(texts: string[], { id, status }: { id: string; status: Status }): ReasoningItem {
  return {
    id,
    type: "reasoning",
    summary: [],
    content: texts.map((text) => ({ type: "reasoning_text", text })),
    encrypted_content: null,
    status,
  };
}

/** What others have thought may be known by a summary alone. */
function thoughtsOf({ content, summary }: Reasoned): string[] {
  const thoughts = textsOf(content ?? []);
  return thoughts.length > 0 ? thoughts : textsOf(summary ?? []);
}

function textsOf(content: string | { text: string }[]): string[] {
  return typeof content === "string" ? [content] : content.map(({ text }) => text);
}
