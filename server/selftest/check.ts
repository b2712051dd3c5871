import assert from "node:assert/strict";

/** One thing that a client relies on. */
export interface Check {
  name: string;
  /**
   * Looks at a running server.
   *
   * @param base Its address, without a slash at its end.
   * @returns What was seen, in a few words.
   * @throws {Error} What was missing.
   */
  run(base: string): Promise<string>;
}

/** An answer that takes longer is none. */
const LONGEST_MS = 300_000;

/** What every check asks the model. */
export const MESSAGES = [{ role: "user", content: "Name three colors." }];

/** A request; one with a body is a POST unless it says otherwise. */
export interface Asked {
  method?: string;
  /** Sent as JSON, a text as it is. */
  body?: unknown;
  /** What the body is said to be; JSON when absent. */
  type?: string;
  /** The status that must come; 200 when absent. */
  status?: number;
}

/** The text of an answer, which must come with the status asked for, and its headers. */
export async function ask(url: string, asked: Asked = {}): Promise<{ text: string; headers: Headers }> {
  const { body, type = "application/json", status = 200, method = body === undefined ? "GET" : "POST" } = asked;
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(LONGEST_MS),
    ...(body === undefined
      ? {}
      : { headers: { "content-type": type }, body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.equal(response.status, status, `${response.status} instead of ${status}: ${text.slice(0, 200)}`);
  return { text, headers: response.headers };
}

/** Asks for JSON. */
export async function askJson(url: string, asked: Asked = {}): Promise<unknown> {
  return JSON.parse((await ask(url, asked)).text);
}

/** A server-sent event; one without a name has an empty one. */
export interface NamedEvent {
  name: string;
  data: string;
}

/** Asks for a stream of server-sent events and gives them in order; comments are left out. */
export async function askEvents(url: string, body: unknown): Promise<NamedEvent[]> {
  const { text, headers } = await ask(url, { body });
  assert.match(headers.get("content-type") ?? "", /^text\/event-stream/);
  return text.split("\n\n").map((event) => ({ name: field(event, "event"), data: field(event, "data") }))
    .filter(({ data }) => data !== "");
}

/**
 * The types of a stream's events in their order, of which those of `repeated` must come at least once; they are given once.
 *
 * @throws {Error} When an event has another type than its name.
 */
export function inOrder(events: readonly { name: string; type: string }[], repeated: string): string[] {
  assert.ok(events.every(({ name, type }) => name === type), "the name of an event is not its type");
  return events.map(({ type }) => type).filter((type, index, all) => type !== repeated || all[index - 1] !== repeated);
}

function field(event: string, name: string): string {
  const line = event.split("\n").find((line) => line.startsWith(`${name}: `)) ?? "";
  return line.slice(name.length + 2);
}
