import { type DryOptions, type Library, SamplerChain } from "../../ffi/mod.ts";

/**
 * Adds DRY samplers to chains. llama.cpp looks for each breaker in the whole vocabulary, which takes milliseconds: the latest sampler made is
 * kept and copied while the settings stay the same, as they do for the choices of a request and mostly from one request to the next.
 */
export class DrySamplers implements Disposable {
  readonly #library: Library;
  #key = "";
  #latest: SamplerChain | undefined;

  constructor(library: Library) {
    this.#library = library;
  }

  /** Adds a sampler to a chain; `options` of one and the same vocabulary each time. */
  addTo(chain: SamplerChain, options: DryOptions): void {
    const { vocabulary: _, ...settings } = options;
    const key = JSON.stringify(settings);
    if (this.#latest === undefined || this.#key !== key) {
      this[Symbol.dispose]();
      this.#latest = new SamplerChain(this.#library).dry(options);
      this.#key = key;
    }
    chain.copyOf(this.#latest);
  }

  [Symbol.dispose](): void {
    this.#latest?.[Symbol.dispose]();
    this.#latest = undefined;
  }
}
