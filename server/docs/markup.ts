import { html } from "hono/html";

/** A part of a page, with all text in it escaped. */
export type Markup = ReturnType<typeof html>;

/** Hono's template tag under a name that the formatter does not know: as `html` it would be given spaces, which show. */
export const markup: typeof html = html;

/** A text in which backticks mark code. */
export function prose(text: string): Markup {
  const parts = text.split("`").map((part, index) => index % 2 === 0 ? part : markup`<code>${part}</code>`);
  return markup`${parts}`;
}

/** What is put between the parts of a list. */
export function joined<Part>(parts: Part[], separator: Part): Part[] {
  return parts.flatMap((part, index) => index === 0 ? [part] : [separator, part]);
}
