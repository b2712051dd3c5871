import type { Hono } from "hono";
import { createApp } from "../../server/app.ts";
import type { AppEnv, AppInput } from "../../server/app_input.ts";
import type { FileFacts } from "../../server/receipts/provenance.ts";
import type { FakeEngine } from "./fake_engine.ts";

/** What a fake provenance knows. */
export const FACTS: FileFacts = {
  packllama: {
    version: "0.0.0",
    target: "x86_64-unknown-linux-gnu",
    denort_sha256: "d".repeat(64),
    executable_sha256: "e".repeat(64),
    payload_sha256: null,
  },
  release: "llama.cpp v0",
  libraries: [
    { name: "libllama.so", size: 1, sha256: "1".repeat(64) },
    { name: "libggml-cpu-fake.so", size: 2, sha256: "2".repeat(64) },
    { name: "libggml-cpu-other.so", size: 3, sha256: "3".repeat(64) },
  ],
  weights: [{ name: "fake.gguf", size: 1234, sha256: "a".repeat(64) }],
  adapters: [],
};

/** An app over a fake engine that makes receipts. */
export function receiptApp(engine: FakeEngine, more: Partial<AppInput> = {}): Hono<AppEnv> {
  return createApp({
    engine,
    options: { version: "0.0.0" },
    provenance: { of: () => Promise.resolve(FACTS) },
    ...more,
  });
}
