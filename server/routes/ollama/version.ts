import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import type { Version } from "../../schemas/ollama/mod.ts";

/**
 * Clients compare it with the release that brought what they use, and refuse an older one: Copilot in VS Code 0.6.4, those that want
 * log-probabilities 0.12.11, those that speak Anthropic's API through Ollama 0.14.2. What came later, such as images that are generated, is
 * not here.
 */
const OLLAMA = "0.14.2";

/** Ollama's `GET /api/version`: the release whose API this is, and Packllama's own. */
export function getVersion({ options }: AppInput): Handler<AppEnv> {
  return (c) => c.json({ version: OLLAMA, packllama: options.version } satisfies Version);
}
