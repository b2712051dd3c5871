import * as z from "zod";

/** The error object of the OpenAI API: the body of a failed request, and the last message of a stream that failed. */
export const ErrorBody = z.object({
  error: z.object({
    message: z.string(),
    type: z.enum(["invalid_request_error", "unavailable_error", "server_error"]),
    param: z.string().nullable(),
    code: z.string().nullable(),
  }),
});

/** A failure as the client reads it. */
export type ErrorBody = z.infer<typeof ErrorBody>;
