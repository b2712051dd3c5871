import * as z from "zod";

/** What every answer, and every part of a streamed one, says of itself besides its id and kind. */
export const answerShape = {
  created: z.int(),
  model: z.string(),
  system_fingerprint: z.string(),
};

/** Why a choice ended. */
export const finishReason = z.enum(["stop", "length", "tool_calls"]);
