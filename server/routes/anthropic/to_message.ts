import type { Message } from "../../schemas/anthropic/mod.ts";
import type { WholeAnswer } from "../answer_parts.ts";
import { toMessageEnd, toMessageUsage } from "./message_end.ts";
import { type BlockOptions, toContentBlock } from "./to_content_block.ts";

/** What a whole answer says, why it ended, and what it took. */
export function toMessage(
  { parts, finish, usage }: WholeAnswer,
  options: BlockOptions,
): Pick<Message, "content" | "stop_reason" | "stop_sequence" | "usage"> {
  return {
    content: parts.map((part) => toContentBlock(part, options)),
    ...toMessageEnd(finish),
    usage: toMessageUsage(usage),
  };
}
