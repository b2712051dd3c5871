import type { Env } from "hono";
import type { Engine, Sampling, ServedModel } from "../lib/engine/mod.ts";
import type { Relaxed } from "./constraint.ts";
import type { Provenance } from "./receipts/mod.ts";
import type { ResponseStore } from "./response_store.ts";

/** What the API does where a request says nothing. */
export interface AppOptions {
  /** Packllama's own version. */
  version: string;
  /** The path of the model's file; clients are told its name alone. */
  modelFile?: string;
  /** LoRA adapters in their order; `scale` holds where a request says nothing. */
  adapters?: { path: string; scale: number }[];
  /** Refuse a model name that is not served, also where there is just one. */
  strictModel?: boolean;
  /** The folder in which clients may keep what slots hold; they may not when absent. */
  slotSavePath?: string;
  /** Put before a conversation that brings no system message of its own. */
  systemPrompt?: string;
  /** Continue an answer that a conversation ends with, unless a request says otherwise; true when absent. */
  prefillAssistant?: boolean;
  /** Sampling parameters that a request may override; the rest is the engine's. */
  defaults?: Partial<Sampling>;
  /** Tokens that an answer may have at most, unless the request says so itself; undefined is up to the end of the context. */
  maxTokens?: number;
}

/** Several models to choose from; `ModelPool` is one. */
export interface ModelChoice {
  /**
   * The model that a request names, which is loaded when it is used.
   *
   * @throws {EngineError} `not_found`.
   */
  select(name: string | undefined): Engine;
  list(): ServedModel[];
}

/** What `createApp` needs. */
export interface AppInput {
  /** The only model, or the first. */
  engine: Engine;
  /** Where there are several. */
  models?: ModelChoice;
  /** Where responses are kept; in memory when absent. */
  responses?: ResponseStore;
  /** Knows the files behind answers; no receipts where absent. */
  provenance?: Pick<Provenance, "of">;
  options: AppOptions;
}

/** Hono's types of this app: what the server that hosts it hands in with each request. */
export interface AppEnv extends Env {
  Variables: {
    /** Dotted paths of what the body said and no schema took. */
    ignored?: string[];
    /** Points of schemas that are not held while the answer is written. */
    relaxed?: Relaxed[];
    /** What came of checking a whole answer against them. */
    validation?: string;
  };
  Bindings: {
    /** Aborted when the server gives up waiting for running requests; absent in `app.request()`. */
    stop?: AbortSignal;
    /** The address that the request comes from, without a port; absent in `app.request()`. */
    address?: string;
  };
}
