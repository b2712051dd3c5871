import * as z from "zod";
import { accepting } from "./accepting.ts";

/**
 * A parameter that is known but not implemented: absent, null or harmless values pass, any other is refused, so that nothing that the
 * client relies on is dropped in silence.
 *
 * @param what Names the feature at the start of a sentence.
 * @param harmless The values that ask for nothing.
 */
export function notYet(what: string, harmless: z.ZodType = z.never()): z.ZodOptional<z.ZodUnknown> {
  const message = `${what} are not supported yet; leave this parameter out`;
  const checked = z.unknown().refine(
    (value) => value === undefined || value === null || harmless.safeParse(value).success,
    message,
  );
  const accepted = harmless instanceof z.ZodNever ? z.null() : harmless.nullable();
  return accepting(checked, accepted.meta({ description: `${what} are not supported yet.`, "x-not-yet": true }))
    .optional();
}
