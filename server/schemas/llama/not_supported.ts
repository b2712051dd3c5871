import * as z from "zod";

/** The body of a 501: what llama-server has and this server has not. */
export const NotSupportedBody = z.object({
  error: z.object({
    message: z.string(),
    type: z.literal("not_supported_error"),
    param: z.null(),
    code: z.literal("not_supported"),
  }),
});

/** That failure as the client reads it. */
export type NotSupportedBody = z.infer<typeof NotSupportedBody>;
