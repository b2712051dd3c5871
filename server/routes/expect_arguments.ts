import { EngineError } from "../../lib/errors.ts";

const SHOWN = 60;

/**
 * Makes sure that the arguments of a call are JSON text of an object, which chat templates read; no text at all stands for one without keys.
 *
 * @param text As the client wrote it.
 * @param param What the request calls it.
 * @returns The text.
 * @throws {EngineError} `invalid_value`.
 */
export function expectArguments(text: string, param: string): string {
  if (text.trim() === "") return "{}";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(param, `found ${shown(text)}: ${reason}`, error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return text;
  throw refused(param, `found ${shown(text)}`);
}

function refused(param: string, found: string, cause?: unknown): EngineError {
  return new EngineError("invalid_value", `Invalid "${param}": expected JSON text of an object, ${found}`, {
    param,
    cause,
  });
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN)) + (text.length > SHOWN ? "…" : "");
}
