import * as z from "zod";

/** The answer of `GET /slots`. What belongs to a request is there while the slot is at work. */
export const Slots = z.array(z.object({
  id: z.int(),
  n_ctx: z.int(),
  is_processing: z.boolean(),
  /** Tokens that the slot holds, of prompt and answer. */
  n_prompt_tokens: z.int(),
  speculative: z.boolean().optional(),
  id_task: z.int().optional(),
  n_prompt_tokens_processed: z.int().optional(),
  n_prompt_tokens_cache: z.int().optional(),
  next_token: z.array(z.object({ has_next_token: z.boolean(), n_remain: z.int(), n_decoded: z.int() })).optional(),
}));

/** Slots as the client reads them. */
export type Slots = z.infer<typeof Slots>;

/** The body of `POST /slots/:id?action=save` and `restore`. */
export const SlotFileRequest = z.object({
  /** A name of one part, which begins with no dot: it lies in the folder that the server was started with. */
  filename: z.string().max(60).regex(/^[\p{L}\p{N}_-][\p{L}\p{N}_. -]*$/u, "expected a file's name, without a folder"),
});

/** The answer of `POST /slots/:id?action=save`. */
export const SavedSlot = z.object({
  id_slot: z.int(),
  filename: z.string(),
  n_saved: z.int(),
  n_written: z.int(),
  timings: z.object({ save_ms: z.number() }),
});

/** A saved slot as the client reads it. */
export type SavedSlot = z.infer<typeof SavedSlot>;

/** The answer of `POST /slots/:id?action=restore`. */
export const RestoredSlot = z.object({
  id_slot: z.int(),
  filename: z.string(),
  n_restored: z.int(),
  n_read: z.int(),
  timings: z.object({ restore_ms: z.number() }),
});

/** A restored slot as the client reads it. */
export type RestoredSlot = z.infer<typeof RestoredSlot>;

/** The answer of `POST /slots/:id?action=erase`. */
export const ErasedSlot = z.object({ id_slot: z.int(), n_erased: z.int() });

/** An erased slot as the client reads it. */
export type ErasedSlot = z.infer<typeof ErasedSlot>;
