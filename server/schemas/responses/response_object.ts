import * as z from "zod";
import { OutputItem } from "./item.ts";
import { EFFORTS } from "./reasoning.ts";
import { RepeatedFormat } from "./text_format.ts";
import { RepeatedTool, ToolChoice } from "./tool.ts";

/** Tokens counted as the Responses API counts them. */
export const ResponseUsage = z.object({
  input_tokens: z.int(),
  input_tokens_details: z.object({
    cached_tokens: z.int(),
    /** OpenAI's count of what it charges for; nothing is charged here. */
    cache_write_tokens: z.int(),
  }),
  output_tokens: z.int(),
  output_tokens_details: z.object({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
});

/** Tokens of a response. */
export type ResponseUsage = z.infer<typeof ResponseUsage>;

const ResponseError = z.object({
  code: z.enum(["server_error", "invalid_prompt"]),
  message: z.string(),
  param: z.string().nullable(),
  type: z.string(),
});

/** A response as it is answered, streamed, kept and given back. */
export const ResponseObject = z.object({
  id: z.string().startsWith("resp_"),
  object: z.literal("response"),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(["in_progress", "completed", "incomplete", "failed"]),
  error: ResponseError.nullable(),
  incomplete_details: z.object({ reason: z.literal("max_output_tokens") }).nullable(),
  model: z.string(),
  output: z.array(OutputItem),
  usage: ResponseUsage.nullable(),
  previous_response_id: z.string().nullable(),
  store: z.boolean(),
  // What the request said, and where it did not, what held.
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  temperature: z.number().nullable(),
  top_p: z.number().nullable(),
  top_logprobs: z.int(),
  metadata: z.record(z.string(), z.string()),
  user: z.string().nullable(),
  safety_identifier: z.string().nullable(),
  prompt_cache_key: z.string().nullable(),
  parallel_tool_calls: z.boolean(),
  tool_choice: ToolChoice,
  tools: z.array(RepeatedTool),
  text: z.object({ format: RepeatedFormat, verbosity: z.literal("medium") }),
  reasoning: z.object({ effort: z.enum(EFFORTS).nullable(), summary: z.null() }),
  // What OpenAI's clients read, and what is always the same here.
  max_tool_calls: z.null(),
  truncation: z.literal("disabled"),
  background: z.literal(false),
  service_tier: z.literal("default"),
  access_programs: z.null(),
});

/** A response as the client reads it. */
export type ResponseObject = z.infer<typeof ResponseObject>;
