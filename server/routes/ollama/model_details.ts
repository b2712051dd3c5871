import type { ModelInfo } from "../../../lib/engine/mod.ts";
import type { ModelDetails } from "../../schemas/ollama/mod.ts";

/** What a model's description says, taken apart: architecture, number of parameters, quantization. */
export function toModelDetails(info: ModelInfo | undefined): ModelDetails {
  const [family = "", parameters = "", ...quantization] = info?.description.split(" ") ?? [];
  return {
    parent_model: "",
    format: "gguf",
    family,
    families: family === "" ? [] : [family],
    parameter_size: parameters,
    quantization_level: toLevel(quantization.join(" ")),
  };
}

/** llama.cpp's `Q4_K - Medium` under the name that everybody else gives it, and its `IQ2_XS - 2.3125 bpw` without the number. */
function toLevel(quantization: string): string {
  return quantization.replace(/^all /, "").replace(
    / - (?:([SML])(?:mall|edium|arge)|.* bpw.*)$/,
    (_, size?: string) => size === undefined ? "" : `_${size}`,
  );
}

/** When this program began, for models that were not loaded yet: Ollama's shape asks for a time. */
const STARTED = Math.floor(performance.timeOrigin / 1000);

/** When a model was loaded, in the form that Ollama has. */
export function toModifiedAt(info: ModelInfo | undefined): string {
  return new Date((info?.created ?? STARTED) * 1000).toISOString();
}
