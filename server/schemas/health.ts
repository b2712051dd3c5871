import * as z from "zod";
import { ErrorBody } from "./error.ts";

/** The answer of `GET /health` when requests are answered. */
export const Health = z.object({ status: z.literal("ok") });

/** That it goes well, as the client reads it. */
export type Health = z.infer<typeof Health>;

/** The answer of `GET /health` when they are not, or not yet. */
export const HealthError = ErrorBody.extend({ status: z.enum(["loading model", "error"]) });

/** What is wrong, as the client reads it. */
export type HealthError = z.infer<typeof HealthError>;
