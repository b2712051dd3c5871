import { EngineError } from "../errors.ts";

/** What tokens are held against. */
export interface ExpectedTokens {
  /** Of the vocabulary. */
  size: number;
  /** How a request names them. */
  param: string;
  /** How many there may be; any number when absent. */
  most?: number;
}

/**
 * Holds a client's tokens against the vocabulary, before native code sees them.
 *
 * @throws {EngineError} `invalid_value` for one that is not in it, or for too many.
 */
export function expectTokens(tokens: ArrayLike<number>, { size, param, most = Infinity }: ExpectedTokens): void {
  if (tokens.length > most) {
    throw new EngineError(
      "invalid_value",
      `"${param}" has ${tokens.length} tokens, at most ${most} are taken at once`,
      {
        param,
      },
    );
  }
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token !== undefined && Number.isInteger(token) && token >= 0 && token < size) continue;
    throw new EngineError(
      "invalid_value",
      `"${param}" has the token ${token}; tokens of this model are whole numbers from 0 to ${size - 1}`,
      { param },
    );
  }
}
