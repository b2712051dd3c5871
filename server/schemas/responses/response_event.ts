import * as z from "zod";
import { ChatLogprobs } from "../chat_completion.ts";
import { Timings } from "../usage.ts";
import { OutputMessage, OutputText } from "./item.ts";
import { ResponseObject } from "./response_object.ts";

/** Where an event belongs: in which part of which item. */
const placeShape = { item_id: z.string(), output_index: z.int(), content_index: z.int() };
const logprobs = ChatLogprobs.shape.content;

/** An event of a streamed response, without its number. */
export const EventBody = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["response.created", "response.in_progress", "response.failed"]), response: ResponseObject }),
  z.object({
    type: z.enum(["response.completed", "response.incomplete"]),
    response: ResponseObject,
    /** Where llama-server has them. */
    timings: Timings,
  }),
  z.object({
    type: z.enum(["response.output_item.added", "response.output_item.done"]),
    output_index: z.int(),
    item: OutputMessage,
  }),
  z.object({
    type: z.enum(["response.content_part.added", "response.content_part.done"]),
    ...placeShape,
    part: OutputText,
  }),
  z.object({ type: z.literal("response.output_text.delta"), ...placeShape, delta: z.string(), logprobs }),
  z.object({ type: z.literal("response.output_text.done"), ...placeShape, text: z.string(), logprobs }),
]);

/** What an event says. */
export type EventBody = z.infer<typeof EventBody>;

/** An event of a streamed response; they are numbered from 0. */
export const ResponseEvent = EventBody.and(z.object({ sequence_number: z.int().min(0) }));

/** An event as the client reads it. */
export type ResponseEvent = z.infer<typeof ResponseEvent>;
