/** Receipts: what an answer came from, written beside it and computed again. */
export { Provenance, type ProvenanceInput } from "./provenance.ts";
export { readReceipt } from "./read_receipt.ts";
export { optionsOfReceipt } from "./receipt_settings.ts";
export { ReceiptWriter } from "./receipt_writer.ts";
export { formatReplay, replay, type ReplayResult } from "./replay.ts";
