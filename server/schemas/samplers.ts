import * as z from "zod";
import {
  LISTED_SAMPLERS,
  SAMPLER_LETTERS,
  samplerOfLetter,
  samplerOfName,
  type SamplerOrder,
  toSamplerOrder,
} from "../../lib/sampler_order.ts";
import { accepting } from "./accepting.ts";

const LETTERS = new RegExp(`^[${Object.values(SAMPLER_LETTERS).join("")}]*$`);

/** `samplers` as llama-server takes it: an array of names in any of its spellings, or a string of letters. */
export const Samplers = accepting(
  z.union([z.string(), z.array(z.string()).max(32)]).transform((value, context): SamplerOrder => {
    const listed = typeof value === "string" ? [...value].map(samplerOfLetter) : value.map(samplerOfName);
    const unknown = listed.indexOf(undefined);
    if (unknown >= 0) {
      const known = typeof value === "string"
        ? `the letters ${Object.values(SAMPLER_LETTERS).join("")}`
        : LISTED_SAMPLERS.join(", ");
      context.addIssue({ code: "custom", message: `expected ${known}, found ${JSON.stringify([...value][unknown])}` });
    }
    return toSamplerOrder(listed.filter((name) => name !== undefined));
  }),
  z.union([z.string().regex(LETTERS), z.array(z.string()).max(32)]),
);
