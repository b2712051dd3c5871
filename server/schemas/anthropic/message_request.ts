import * as z from "zod";
import { EMPTY_ARRAY } from "../empty.ts";
import { notYet } from "../not_yet.ts";
import { samplingShape } from "../sampling.ts";

const TextBlock = z.object({ type: z.literal("text"), text: z.string() });

/** A text, or blocks of text; blocks of other types are refused by their type. */
const content = z.union([z.string(), z.array(TextBlock)]);

/** One turn of a conversation. */
const InputMessage = z.object({ role: z.enum(["user", "assistant"]), content });

/** What both of Anthropic's routes take. */
const conversationShape = {
  model: z.string().nullish(),
  messages: z.array(InputMessage).min(1),
  system: content.nullish(),
  tools: notYet("Tools", EMPTY_ARRAY),
  tool_choice: notYet("Forced tool calls", z.object({ type: z.enum(["auto", "none"]) })),
  thinking: notYet("Thinking blocks", z.object({ type: z.literal("disabled") })),
  mcp_servers: notYet("MCP servers", EMPTY_ARRAY),
  output_config: z.object({ format: notYet("Formats other than text") }).nullish(),
  /** Where "output_config.format" stood before. */
  output_format: notYet("Formats other than text"),
  context_management: notYet("Edits of the context", z.object({ edits: EMPTY_ARRAY.nullish() })),
};

/** The body of `POST /v1/messages`: Anthropic's parameters, and llama-server's names for the samplers that it has not. */
export const MessageRequest = z.object({
  ...samplingShape,
  ...conversationShape,
  max_tokens: z.int().min(1),
  temperature: z.number().min(0).max(1).nullish(),
  stop_sequences: z.array(z.string().min(1)).max(16).nullish(),
  stream: z.boolean().nullish(),
  metadata: z.object({ user_id: z.string().nullish() }).nullish(),
  cache_prompt: z.boolean().nullish(),
  speculation: z.boolean().nullish(),
}).superRefine(({ messages }, context) => {
  if (messages.at(-1)?.role === "user") return;
  const message = 'expected a last message of the role "user": answers that are begun already are not supported yet';
  context.addIssue({ code: "custom", path: ["messages"], message });
});

/** What a client asks of `POST /v1/messages`. */
export type MessageRequest = z.infer<typeof MessageRequest>;

/** The body of `POST /v1/messages/count_tokens`. */
export const CountTokensRequest = z.object(conversationShape);

/** A conversation as the client wrote it. */
export type CountTokensRequest = z.infer<typeof CountTokensRequest>;
