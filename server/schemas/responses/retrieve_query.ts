import * as z from "zod";
import { notYet } from "../not_yet.ts";

/** The query of `GET /v1/responses/{id}`. */
export const RetrieveQuery = z.object({
  stream: notYet("Streams of stored responses", z.literal("false")),
});
