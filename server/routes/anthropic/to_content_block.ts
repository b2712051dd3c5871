import type { AnswerPart } from "../answer_parts.ts";
import type { ContentBlock } from "../../schemas/anthropic/mod.ts";
import { begunObject } from "../begun_object.ts";
import { toSignature } from "./signature.ts";

/** How answers are given. */
export interface BlockOptions {
  /** Leave out what was thought, which then is in the signature. */
  omitsThoughts: boolean;
}

/** A part of an answer as a block. The input of a call that was cut off has those of its values that are whole. */
export function toContentBlock(part: AnswerPart, { omitsThoughts }: BlockOptions): ContentBlock {
  switch (part.kind) {
    case "text":
      return { type: "text", text: part.text };
    case "reasoning":
      return omitsThoughts
        ? { type: "thinking", thinking: "", signature: toSignature(part.text) }
        : { type: "thinking", thinking: part.text, signature: toSignature("") };
    case "call":
      return { type: "tool_use", id: part.id, name: part.name, input: begunObject(part.text) };
  }
}

/** A block that has begun, before anything in it. */
export function beginBlock(part: AnswerPart): ContentBlock {
  switch (part.kind) {
    case "text":
      return { type: "text", text: "" };
    case "reasoning":
      return { type: "thinking", thinking: "", signature: "" };
    case "call":
      return { type: "tool_use", id: part.id, name: part.name, input: {} };
  }
}
