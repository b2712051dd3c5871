/** One server-sent event that carries JSON (HTML standard, section 9.2); JSON has no line breaks that could end it early. */
export function sseMessage(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** The same with the name of its event. */
export function sseEvent(name: string, data: object): string {
  return `event: ${name}\n${sseMessage(data)}`;
}

/**
 * A message that is sent again and again with another text in it: its JSON is made once and cut where the text stands, so that what is
 * left to do for each is the text alone.
 */
export class SseTemplate {
  readonly #before: string;
  readonly #after: string;

  /**
   * @param make The message with the given text in it, once.
   * @param write How it is written; as JSON alone when absent.
   */
  constructor(make: (text: string) => object, write: (data: object) => string = sseMessage) {
    // Nothing else in the message can be this text.
    const mark = crypto.randomUUID();
    [this.#before = "", this.#after = ""] = write(make(mark)).split(JSON.stringify(mark));
  }

  /** The message with this text. */
  fill(text: string): string {
    return this.#before + JSON.stringify(text) + this.#after;
  }
}
