import * as z from "zod";

/** The query of `GET /props`. */
export const PropsQuery = z.object({
  /** Of several models, the one that is meant; it is loaded if it never was. */
  model: z.string().optional(),
});

/** The query of `GET /slots`. */
export const SlotsQuery = PropsQuery.extend({
  /** Anything but an empty text: a 503 when no slot is free. */
  fail_on_no_slot: z.string().optional(),
});

/** The query of `POST /slots/{id}`. */
export const SlotActionQuery = z.object({ action: z.enum(["erase", "save", "restore"]) });
