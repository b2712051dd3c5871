import { StoredResponse } from "./schemas/responses/mod.ts";

/**
 * Keeps responses, so that others can follow them. Each has its own messages alone, and the conversation before it lies with the responses
 * before it: a long conversation then takes space once and not once per answer, and what a client deletes is gone. Whoever rebuilds a
 * conversation gets all of its responses, so that its beginning stays as recently used as its end.
 */
export interface ResponseStore extends Disposable {
  /** The response of this id, which then is the one used most recently. */
  get(id: string): StoredResponse | undefined;
  /**
   * Keeps a response, in place of one of the same id; those used least recently go where there are too many. One that is larger than all may
   * be together is not kept.
   *
   * @throws {EngineError} `io` when it cannot be written.
   */
  put(stored: StoredResponse): void;
  /** Whether there was one of this id. */
  delete(id: string): boolean;
}

/** How much a store keeps. */
export interface StoreBounds {
  maxResponses: number;
  /** Of all responses together, as JSON in UTF-8. */
  maxBytes: number;
}

const MEMORY_BOUNDS: StoreBounds = { maxResponses: 10_000, maxBytes: 64 * 2 ** 20 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Keeps responses for as long as the program runs. */
export class MemoryResponseStore implements ResponseStore {
  readonly #bounds: StoreBounds;
  /** By id, the one used least recently first. As bytes, so that nobody can change them and their size is known. */
  readonly #stored = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(bounds: Partial<StoreBounds> = {}) {
    this.#bounds = { ...MEMORY_BOUNDS, ...bounds };
  }

  /** Responses that are kept. */
  get size(): number {
    return this.#stored.size;
  }

  /** Bytes that they have. */
  get bytes(): number {
    return this.#bytes;
  }

  get(id: string): StoredResponse | undefined {
    const found = this.#stored.get(id);
    if (found === undefined) return undefined;
    this.#stored.delete(id);
    this.#stored.set(id, found);
    return StoredResponse.parse(JSON.parse(decoder.decode(found)));
  }

  put(stored: StoredResponse): void {
    const { id } = stored.response;
    this.delete(id);
    const bytes = encoder.encode(JSON.stringify(stored));
    if (bytes.byteLength > this.#bounds.maxBytes) return;
    this.#stored.set(id, bytes);
    this.#bytes += bytes.byteLength;
    for (const oldest of this.#stored.keys()) {
      if (this.#stored.size <= this.#bounds.maxResponses && this.#bytes <= this.#bounds.maxBytes) break;
      this.delete(oldest);
    }
  }

  delete(id: string): boolean {
    this.#bytes -= this.#stored.get(id)?.byteLength ?? 0;
    return this.#stored.delete(id);
  }

  [Symbol.dispose](): void {
    this.#stored.clear();
    this.#bytes = 0;
  }
}
