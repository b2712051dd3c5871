import * as z from "zod";
import { accepting } from "./accepting.ts";

const LIST = z.array(z.int().min(0)).min(1);
/** What the checked one is made from must tell, too, what it takes. */
const UNCHECKED = accepting(z.custom<number[]>(), LIST);

/**
 * At least one token id. Right ones are checked as one, in a tenth of the time: a prompt may have a hundred thousand. Of a wrong list the schema
 * itself says what is wrong, so that `promptList` belongs around it.
 */
export const tokenList: z.ZodType<number[]> = accepting(
  UNCHECKED.superRefine((value: unknown, context) => {
    if (Array.isArray(value) && value.length > 0 && value.every(isToken)) return;
    const [issue] = LIST.safeParse(value).error?.issues ?? [];
    if (issue !== undefined) context.addIssue({ ...issue, continue: false });
  }),
  LIST,
);

function isToken(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
