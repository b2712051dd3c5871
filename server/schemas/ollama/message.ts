import * as z from "zod";
import { accepting } from "../accepting.ts";
import { notYet } from "../not_yet.ts";
import { MAX_TOOLS } from "../tool.ts";
import { EMPTY } from "./empty.ts";
import { InputCall } from "./tool.ts";

const ROLES = ["system", "user", "assistant", "tool"] as const;

/** A role in any case, without a flag: a JSON Schema's pattern has none. */
const ANY_CASE = new RegExp(`^(?:${ROLES.map((role) => role.replace(/./g, bothCases)).join("|")})$`);

/** One message of a conversation with Ollama, which takes a role in any case. */
export const Message = z.object({
  role: accepting(z.string().toLowerCase().pipe(z.enum(ROLES)), z.union([z.enum(ROLES), z.string().regex(ANY_CASE)])),
  content: z.string().nullish(),
  images: notYet("Images", EMPTY),
  /** What an assistant called. */
  tool_calls: z.union([z.array(InputCall).max(MAX_TOOLS), z.literal("")]).nullish(),
  /** What an assistant thought before it answered. */
  thinking: z.string().nullish(),
  /** The tool that a message of role `tool` is from. */
  tool_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
});

/** A message as the client wrote it. */
export type Message = z.infer<typeof Message>;

function bothCases(letter: string): string {
  return `[${letter.toUpperCase()}${letter}]`;
}
