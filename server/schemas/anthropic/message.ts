import * as z from "zod";

/** Tokens as Anthropic counts them: those that came from the cache are apart. */
export const MessageUsage = z.object({
  input_tokens: z.int(),
  cache_creation_input_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  output_tokens: z.int(),
});

/** Tokens of a request. */
export type MessageUsage = z.infer<typeof MessageUsage>;

const stopReason = z.enum(["end_turn", "max_tokens", "stop_sequence"]);

/** Why an answer has ended. */
export type StopReason = z.infer<typeof stopReason>;

/** The answer of `POST /v1/messages`; a streamed one begins with no content and no reason. */
export const Message = z.object({
  id: z.string().startsWith("msg_"),
  type: z.literal("message"),
  role: z.literal("assistant"),
  model: z.string(),
  content: z.array(z.object({ type: z.literal("text"), text: z.string() })),
  stop_reason: stopReason.nullable(),
  stop_sequence: z.string().nullable(),
  usage: MessageUsage,
});

/** An answer as the client reads it. */
export type Message = z.infer<typeof Message>;

/** One event of a streamed answer, by the name that also stands before it. */
export const MessageEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message: Message }),
  z.object({
    type: z.literal("content_block_start"),
    index: z.int(),
    content_block: z.object({ type: z.literal("text"), text: z.string() }),
  }),
  z.object({ type: z.literal("ping") }),
  z.object({
    type: z.literal("content_block_delta"),
    index: z.int(),
    delta: z.object({ type: z.literal("text_delta"), text: z.string() }),
  }),
  z.object({ type: z.literal("content_block_stop"), index: z.int() }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({ stop_reason: stopReason, stop_sequence: z.string().nullable() }),
    usage: MessageUsage,
  }),
  z.object({ type: z.literal("message_stop") }),
]);

/** An event as the client reads it. */
export type MessageEvent = z.infer<typeof MessageEvent>;

/** The answer of `POST /v1/messages/count_tokens`. */
export const TokenCount = z.object({ input_tokens: z.int() });

/** A count as the client reads it. */
export type TokenCount = z.infer<typeof TokenCount>;
