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

/** Asks for JSON, which must come with this status. */
export async function askJson(
  url: string,
  { body, status = 200 }: { body?: unknown; status?: number } = {},
): Promise<unknown> {
  const response = await send(url, body);
  const text = await response.text();
  assert.equal(response.status, status, `${response.status} instead of ${status}: ${text.slice(0, 200)}`);
  return JSON.parse(text);
}

/** Asks for a stream of server-sent events and gives the data of each, in order. */
export async function askEvents(url: string, body: unknown): Promise<string[]> {
  const response = await send(url, body);
  const text = await response.text();
  assert.equal(response.status, 200, `${response.status}: ${text.slice(0, 200)}`);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const lines = text.split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => line.slice("data: ".length));
}

async function send(url: string, body: unknown): Promise<Response> {
  if (body === undefined) return await fetch(url);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: text });
}
