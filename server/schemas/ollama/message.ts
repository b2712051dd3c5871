import * as z from "zod";
import { notYet } from "../not_yet.ts";
import { isEmpty } from "./is_empty.ts";

/** One message of a conversation with Ollama, which takes a role in any case. */
export const Message = z.object({
  role: z.string().toLowerCase().pipe(z.enum(["system", "user", "assistant", "tool"])),
  content: z.string().nullish(),
  images: notYet("Images", isEmpty),
  tool_calls: notYet("Tool calls", isEmpty),
  thinking: notYet("Thoughts beside the answer", isEmpty),
  /** The tool that a message of role `tool` is from. */
  tool_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
});

/** A message as the client wrote it. */
export type Message = z.infer<typeof Message>;
