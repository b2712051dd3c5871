import * as z from "zod";

/**
 * A parameter that is known but not implemented: absent, null or harmless values pass, any other is refused, so that nothing that the
 * client relies on is dropped in silence.
 *
 * @param what Names the feature at the start of a sentence.
 * @param harmless Tells the values that ask for nothing.
 */
export function notYet(what: string, harmless: (value: unknown) => boolean = () => false): z.ZodOptional<z.ZodUnknown> {
  return z.unknown().refine(
    (value) => value === undefined || value === null || harmless(value),
    `${what} are not supported yet; leave this parameter out`,
  ).optional();
}
