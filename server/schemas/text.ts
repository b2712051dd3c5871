import * as z from "zod";

/** An answer that is text of another format than JSON. */
export const Text = z.string();
