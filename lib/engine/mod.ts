/** The engine: many requests at once over one loaded model. */
export type * from "./conversation.ts";
export type * from "./engine.ts";
export { SAMPLER_NAMES } from "./engine.ts";
export type { LoadOptions, StateSource } from "./protocol.ts";
export { expectTokens } from "./expect_tokens.ts";
export { expectReplaceable, readStateFile } from "./state_file.ts";
export { type StateKeyInput, stateKeyOf } from "./state_key.ts";
export { DEFAULT_SAMPLING } from "./default_sampling.ts";
export { describeSamplers, type SamplerStep } from "./describe_samplers.ts";
export { drawSeed } from "./draw_seed.ts";
export { ModelPool, type ModelPoolOptions, type PoolModel, type ServedModel } from "./model_pool.ts";
export { warmConversations } from "./warm_conversations.ts";
export { WorkerEngine, type WorkerEngineOptions } from "./worker_engine.ts";
