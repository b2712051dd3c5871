/** The engine: many requests at once over one loaded model. */
export type * from "./engine.ts";
export type { LoadOptions } from "./protocol.ts";
export { DEFAULT_SAMPLING } from "./default_sampling.ts";
export { WorkerEngine, type WorkerEngineOptions } from "./worker_engine.ts";
