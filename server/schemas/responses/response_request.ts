import * as z from "zod";
import { generationShape } from "../generation.ts";
import { notYet } from "../not_yet.ts";
import { checkPrompt, promptShape } from "./prompt.ts";

/** OpenAI's list; but for the log-probabilities they add to what no answer here has. */
const INCLUDABLE = [
  "message.output_text.logprobs",
  "reasoning.encrypted_content",
  "message.input_image.image_url",
  "file_search_call.results",
  "web_search_call.results",
  "web_search_call.action.sources",
  "computer_call_output.output.image_url",
  "code_interpreter_call.outputs",
] as const;

const METADATA_ENTRIES = 16;

const Metadata = z.record(z.string().max(64), z.string().max(512)).refine(
  (entries) => Object.keys(entries).length <= METADATA_ENTRIES,
  { message: `expected at most ${METADATA_ENTRIES} entries` },
).meta({ maxProperties: METADATA_ENTRIES });

const { n: _n, stream_options: _streamOptions, ...sharedShape } = generationShape;

/** The body of `POST /v1/responses`. `null` means absent everywhere; keys that are not listed are ignored. */
export const ResponseRequest = z.object({
  ...sharedShape,
  ...promptShape,
  max_output_tokens: z.int().min(1).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  include: z.array(z.enum(INCLUDABLE)).nullish(),
  /** Kept with the response and given back with it. */
  metadata: Metadata.nullish(),
  store: z.boolean().nullish(),
  stream_options: z.object({}).nullish(),
  safety_identifier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  service_tier: z.string().nullish(),
  background: notYet("Background responses", z.literal(false)),
  moderation: notYet("Moderations"),
  /** The chat API's; a response is always one answer. */
  n: z.literal(1).nullish(),
}).superRefine((request, context) => {
  checkPrompt(request, context);
  if (request.stream_options && !request.stream) {
    context.addIssue({ code: "custom", path: ["stream_options"], message: 'allowed only with "stream": true' });
  }
});

/** What a client asks of `POST /v1/responses`. */
export type ResponseRequest = z.infer<typeof ResponseRequest>;
