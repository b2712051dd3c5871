import * as z from "zod";
import { accepting } from "./accepting.ts";

const FOUND_LENGTH = 60;

/**
 * The name of a kind; what else an API knows is refused by its name.
 *
 * @param what Begins the message, e.g. `A tool`.
 * @param supported The kinds that are there.
 */
export function supportedTag<Supported extends string>(
  what: string,
  supported: readonly Supported[],
): z.ZodCustom<Supported, Supported> {
  const names = supported.map((name) => `"${name}"`).join(" or ");
  const checked = z.custom<Supported>((value) => supported.some((name) => name === value), {
    error: ({ input }) =>
      typeof input === "string"
        ? `${what} of type ${JSON.stringify(input.slice(0, FOUND_LENGTH))} is not supported; expected ${names}`
        : `expected ${names}`,
  });
  return accepting(checked, z.enum(supported));
}
