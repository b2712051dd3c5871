import assert from "node:assert/strict";
import type { Batch } from "../../ffi/mod.ts";
import { BATCH } from "../../ffi/structs.ts";

/** One token of a batch. */
export interface BatchToken {
  token: number;
  sequence: number;
  position: number;
  output: boolean;
}

/** Reads a batch through the pointers of its struct, as C does. */
export function readBatch(batch: Batch): BatchToken[] {
  const struct = BATCH.view(batch.bytes);
  const at = (name: "token" | "pos" | "n_seq_id" | "seq_id" | "logits"): Deno.UnsafePointerView => {
    const pointer = struct.get(name);
    assert.ok(pointer, name);
    return new Deno.UnsafePointerView(pointer);
  };
  const views = {
    token: at("token"),
    pos: at("pos"),
    counts: at("n_seq_id"),
    sequences: at("seq_id"),
    logits: at("logits"),
  };
  assert.equal(struct.get("embd"), null);
  return Array.from({ length: struct.get("n_tokens") }, (_, index) => {
    assert.equal(views.counts.getInt32(index * 4), 1);
    const sequences = views.sequences.getPointer(index * 8);
    assert.ok(sequences);
    return {
      token: views.token.getInt32(index * 4),
      sequence: new Deno.UnsafePointerView(sequences).getInt32(),
      position: views.pos.getInt32(index * 4),
      output: views.logits.getInt8(index) !== 0,
    };
  });
}
