import * as z from "zod";
import { EMPTY_ARRAY } from "../empty.ts";
import { notYet } from "../not_yet.ts";
import { samplingShape } from "../sampling.ts";
import { InputMessage, TextContent } from "./block.ts";
import { OutputConfig, OutputFormat, Thinking } from "./thinking.ts";
import { toolShape } from "./tool.ts";

/** What both of Anthropic's routes take. */
const conversationShape = {
  model: z.string().nullish(),
  messages: z.array(InputMessage).min(1),
  system: TextContent.nullish(),
  ...toolShape,
  thinking: Thinking.nullish(),
  mcp_servers: notYet("MCP servers", EMPTY_ARRAY),
  output_config: OutputConfig.nullish(),
  /** Where "output_config.format" stood before. */
  output_format: OutputFormat.nullish(),
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
}).superRefine(checkConversation);

/** What a client asks of `POST /v1/messages`. */
export type MessageRequest = z.infer<typeof MessageRequest>;

const Conversation = z.object(conversationShape);

/** The body of `POST /v1/messages/count_tokens`. */
export const CountTokensRequest = Conversation.superRefine(checkConversation);

/** A conversation as the client wrote it. */
export type CountTokensRequest = z.infer<typeof CountTokensRequest>;

/** Refuses what contradicts itself. */
function checkConversation(
  { messages, tools, tool_choice, output_config, output_format }: z.infer<typeof Conversation>,
  context: z.RefinementCtx,
): void {
  const refuse = (key: keyof z.infer<typeof Conversation>, message: string): void =>
    context.addIssue({ code: "custom", path: [key], message });
  const hasTools = (tools ?? []).length > 0;
  if (!hasTools && (tool_choice?.type === "any" || tool_choice?.type === "tool")) {
    refuse("tool_choice", 'allowed only where "tools" has some');
  }
  if (output_format && output_config?.format) {
    refuse("output_format", 'not allowed with "output_config.format", which is its newer form');
  }
  const last = messages.at(-1);
  if (last?.role !== "assistant") return;
  if (typeof last.content !== "string" && last.content.some(({ type }) => type === "tool_use")) {
    refuse("messages", "the last message calls tools: expected their results after it");
  } else if (output_format || output_config?.format) {
    refuse("messages", "an answer that is begun already cannot have a format; leave the last message out");
  }
}
