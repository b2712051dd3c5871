import * as z from "zod";
import { checkPrompt, promptShape } from "./prompt.ts";

/** The body of `POST /v1/responses/input_tokens`. */
export const InputTokensRequest = z.object(promptShape).superRefine(checkPrompt);

/** How many tokens a conversation has, as it would be answered. */
export const InputTokens = z.object({ object: z.literal("response.input_tokens"), input_tokens: z.int() });

/** The count as the client reads it. */
export type InputTokens = z.infer<typeof InputTokens>;
