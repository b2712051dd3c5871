import type { Env } from "hono";
import type { Engine, Sampling, ServedModel } from "../lib/engine/mod.ts";

/** What the API does where a request says nothing. */
export interface AppOptions {
  /** Packllama's own version. */
  version: string;
  /** Put before a conversation that brings no system message of its own. */
  systemPrompt?: string;
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
  options: AppOptions;
}

/** Hono's types of this app: what the server that hosts it hands in with each request. */
export interface AppEnv extends Env {
  Bindings: {
    /** Aborted when the server gives up waiting for running requests; absent in `app.request()`. */
    stop?: AbortSignal;
    /** The address that the request comes from, without a port; absent in `app.request()`. */
    address?: string;
  };
}
