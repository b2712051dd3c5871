import * as z from "zod";

/** Anthropic's error; `type` says what kind it is. */
export const MessageError = z.object({
  type: z.literal("error"),
  error: z.object({
    type: z.enum([
      "invalid_request_error",
      "not_found_error",
      "request_too_large",
      "overloaded_error",
      "api_error",
    ]),
    message: z.string(),
  }),
  request_id: z.string(),
});

/** An error as the client reads it. */
export type MessageError = z.infer<typeof MessageError>;
