import * as z from "zod";
import { accepting } from "../accepting.ts";
import { INPUT_ROLES } from "./item.ts";

const FOUND_LENGTH = 60;

const InputPart = z.object({
  type: tag("Content", ["input_text", "output_text"]),
  text: z.string(),
  // What an answer has, which clients send back as they got it.
  annotations: z.unknown().optional(),
  logprobs: z.unknown().optional(),
});

/** A message as a client sends it: OpenAI's "easy" ones, which need no type, those with parts, and answers sent back. */
export const InputItem = z.object({
  type: tag("An item", ["message"]).nullish(),
  role: z.enum([...INPUT_ROLES, "assistant"]),
  content: z.union([z.string(), z.array(InputPart).min(1)]),
  id: z.string().nullish(),
  status: z.string().nullish(),
});

/** A message as the client wrote it. */
export type InputItem = z.infer<typeof InputItem>;

/** The name of a kind; what else the API knows is refused by its name. */
function tag<Known extends string>(what: string, known: readonly Known[]): z.ZodCustom<Known, Known> {
  const names = known.map((name) => `"${name}"`).join(" or ");
  const checked = z.custom<Known>((value) => known.some((name) => name === value), {
    error: ({ input }) =>
      typeof input === "string"
        ? `${what} of type ${JSON.stringify(input.slice(0, FOUND_LENGTH))} is not supported yet; expected ${names}`
        : `expected ${names}`,
  });
  return accepting(checked, z.enum(known));
}
