import { EngineError } from "../errors.ts";

/**
 * Holds a client's tokens against the vocabulary, before native code sees them.
 *
 * @param options `size` of the vocabulary; `param`: how the request names them.
 * @throws {EngineError} `invalid_value` for one that is not in it.
 */
export function expectTokens(tokens: readonly number[], { size, param }: { size: number; param: string }): void {
  const wrong = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= size);
  if (wrong === undefined) return;
  throw new EngineError(
    "invalid_value",
    `"${param}" has the token ${wrong}; tokens of this model are whole numbers from 0 to ${size - 1}`,
    { param },
  );
}
