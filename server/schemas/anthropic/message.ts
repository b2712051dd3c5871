import * as z from "zod";
import { JsonObject } from "../json_value.ts";

/** Tokens as Anthropic counts them: those that came from the cache are apart. */
export const MessageUsage = z.object({
  input_tokens: z.int(),
  cache_creation_input_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  output_tokens: z.int(),
});

/** Tokens of a request. */
export type MessageUsage = z.infer<typeof MessageUsage>;

const stopReason = z.enum(["end_turn", "max_tokens", "stop_sequence", "tool_use"]);

/** Why an answer has ended. */
export type StopReason = z.infer<typeof stopReason>;

/** A part of an answer: what is said, what was thought before it, or a call of a tool. */
export const ContentBlock = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  /** The signature is to be sent back with it. */
  z.object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal("tool_use"), id: z.string(), name: z.string(), input: JsonObject }),
]);

/** A block as the client reads it. */
export type ContentBlock = z.infer<typeof ContentBlock>;

/** The answer of `POST /v1/messages`; a streamed one begins with no content and no reason. */
export const Message = z.object({
  id: z.string().startsWith("msg_"),
  type: z.literal("message"),
  role: z.literal("assistant"),
  model: z.string(),
  content: z.array(ContentBlock),
  stop_reason: stopReason.nullable(),
  stop_sequence: z.string().nullable(),
  usage: MessageUsage,
});

/** An answer as the client reads it. */
export type Message = z.infer<typeof Message>;

const BlockDelta = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text_delta"), text: z.string() }),
  z.object({ type: z.literal("thinking_delta"), thinking: z.string() }),
  z.object({ type: z.literal("signature_delta"), signature: z.string() }),
  /** A part of the JSON text that the input is. */
  z.object({ type: z.literal("input_json_delta"), partial_json: z.string() }),
]);

/** One event of a streamed answer, by the name that also stands before it. */
export const MessageEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message: Message }),
  z.object({ type: z.literal("content_block_start"), index: z.int(), content_block: ContentBlock }),
  z.object({ type: z.literal("ping") }),
  z.object({ type: z.literal("content_block_delta"), index: z.int(), delta: BlockDelta }),
  z.object({ type: z.literal("content_block_stop"), index: z.int() }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({ stop_reason: stopReason, stop_sequence: z.string().nullable() }),
    usage: MessageUsage,
    /** Where not everything of a schema was held: what came of checking the answer. */
    validation: z.string().optional(),
  }),
  z.object({ type: z.literal("message_stop") }),
]);

/** An event as the client reads it. */
export type MessageEvent = z.infer<typeof MessageEvent>;

/** The answer of `POST /v1/messages/count_tokens`. */
export const TokenCount = z.object({ input_tokens: z.int() });

/** A count as the client reads it. */
export type TokenCount = z.infer<typeof TokenCount>;
