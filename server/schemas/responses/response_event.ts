import * as z from "zod";
import { ChatLogprobs } from "../chat_completion.ts";
import { Timings } from "../usage.ts";
import { OutputItem, OutputText, ReasoningText } from "./item.ts";
import { ResponseObject } from "./response_object.ts";

/** Where an event belongs: in which item, and in which part of it. */
const itemShape = { item_id: z.string(), output_index: z.int() };
const placeShape = { ...itemShape, content_index: z.int() };
const logprobs = ChatLogprobs.shape.content;

/** An event of a streamed response, without its number. */
export const EventBody = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["response.created", "response.in_progress", "response.failed"]), response: ResponseObject }),
  z.object({
    type: z.enum(["response.completed", "response.incomplete"]),
    response: ResponseObject,
    /** Where llama-server has them. */
    timings: Timings,
    /** Where not everything of a schema was held: what came of checking the answer. */
    validation: z.string().optional(),
  }),
  z.object({
    type: z.enum(["response.output_item.added", "response.output_item.done"]),
    output_index: z.int(),
    item: OutputItem,
  }),
  z.object({
    type: z.enum(["response.content_part.added", "response.content_part.done"]),
    ...placeShape,
    part: z.discriminatedUnion("type", [OutputText, ReasoningText]),
  }),
  z.object({ type: z.literal("response.output_text.delta"), ...placeShape, delta: z.string(), logprobs }),
  z.object({ type: z.literal("response.output_text.done"), ...placeShape, text: z.string(), logprobs }),
  z.object({ type: z.literal("response.reasoning_text.delta"), ...placeShape, delta: z.string() }),
  z.object({ type: z.literal("response.reasoning_text.done"), ...placeShape, text: z.string() }),
  z.object({ type: z.literal("response.function_call_arguments.delta"), ...itemShape, delta: z.string() }),
  z.object({
    type: z.literal("response.function_call_arguments.done"),
    ...itemShape,
    name: z.string(),
    arguments: z.string(),
  }),
]);

/** What an event says. */
export type EventBody = z.infer<typeof EventBody>;

/** An event of a streamed response; they are numbered from 0. */
export const ResponseEvent = EventBody.and(z.object({ sequence_number: z.int().min(0) }));

/** An event as the client reads it. */
export type ResponseEvent = z.infer<typeof ResponseEvent>;
