/** How a fake engine gives tokens: one to each stream every two milliseconds, as from decoding, or all at once, as after a stall. */
export type Pace = "stepped" | "flood";
