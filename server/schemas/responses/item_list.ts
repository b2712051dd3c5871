import * as z from "zod";
import { Item } from "./item.ts";

/** The query of `GET /v1/responses/{id}/input_items`. */
export const ItemQuery = z.object({
  /** The newest first unless it says otherwise. */
  order: z.enum(["asc", "desc"]).default("desc"),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  /** The id of the item that the page begins behind. */
  after: z.string().optional(),
});

/** Which items are asked for. */
export type ItemQuery = z.infer<typeof ItemQuery>;

/** A page of the items that a response was made from. */
export const ItemList = z.object({
  object: z.literal("list"),
  data: z.array(Item),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
  has_more: z.boolean(),
});

/** A page as the client reads it. */
export type ItemList = z.infer<typeof ItemList>;
