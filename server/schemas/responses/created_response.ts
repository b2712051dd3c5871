import type * as z from "zod";
import { Timings } from "../usage.ts";
import { ResponseObject } from "./response_object.ts";

/** The answer of `POST /v1/responses` without `stream`; what it took is not kept with it. */
export const CreatedResponse = ResponseObject.extend({
  /** Where llama-server has them. */
  timings: Timings,
});

/** A new response as the client reads it. */
export type CreatedResponse = z.infer<typeof CreatedResponse>;
