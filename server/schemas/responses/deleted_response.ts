import * as z from "zod";

/** The answer of `DELETE /v1/responses/{id}`. */
export const DeletedResponse = z.object({ id: z.string(), object: z.literal("response"), deleted: z.literal(true) });

/** What was deleted. */
export type DeletedResponse = z.infer<typeof DeletedResponse>;
