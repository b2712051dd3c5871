import type { TokenizeInput } from "../../lib/engine/mod.ts";
import { FakeEngine } from "./fake_engine.ts";

/** A fake model whose gap tokens are 1, 2 and 3. */
export class InfillEngine extends FakeEngine {
  override async tokenize(input: TokenizeInput): Promise<Int32Array> {
    if (input.prompt.kind !== "infill") return await super.tokenize(input);
    const { before, after } = input.prompt;
    return Int32Array.from(new TextEncoder().encode(`\x01${before}\x02${after}\x03`));
  }
}
