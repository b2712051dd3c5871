import * as z from "zod";
import { notYet } from "../not_yet.ts";

/** OpenAI's words for how much is thought; "none" turns thoughts off. */
export const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

/** How the model thinks. Summaries are not listed and therefore ignored by name: thoughts are given as they are. */
export const Reasoning = z.object({
  effort: z.enum(EFFORTS).nullish(),
  mode: notYet("Modes of reasoning", z.literal("standard")),
});
