import * as z from "zod";
import { EMPTY_ARRAY } from "../empty.ts";

/** The values of a text or a list that ask for nothing. */
export const EMPTY = z.union([z.literal(""), EMPTY_ARRAY]);
