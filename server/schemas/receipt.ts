import * as z from "zod";
import { SAMPLER_NAMES } from "../../lib/engine/mod.ts";
import { KV_TYPE_NAMES } from "../../lib/options.ts";
import { TARGETS } from "../../lib/target.ts";
import { finishReason } from "./answer.ts";
import { JsonObject } from "./json_value.ts";

/** The version of receipts that is written, and the only one that is read. */
export const RECEIPT_FORMAT = 1;

/** The largest values of llama.cpp's `int32_t` and `float`. */
const INT32 = 2 ** 31 - 1;
const FLOAT = 3.4028234663852886e38;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 as 64 hexadecimal digits");
const bytes = z.int().min(0);
const count = z.int().min(0).max(INT32);
const positive = z.int().min(1).max(INT32);
const lookBack = z.int().min(-1).max(INT32);
const factor = z.number().min(0).max(FLOAT);
const probability = z.number().min(0).max(1);
const penalty = z.number().min(-2).max(2);
const scale = z.number().min(-FLOAT).max(FLOAT);

const Hashed = z.object({ name: z.string().min(1), size: bytes, sha256 });

const message = z.object({
  role: z.string(),
  content: z.string(),
  parts: z.array(z.string()).optional(),
  name: z.string().optional(),
  reasoning: z.string().optional(),
  toolCalls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })).optional(),
  toolCallId: z.string().optional(),
});

/** What the template was told besides the messages. */
const templateUse = z.object({
  variables: JsonObject.optional(),
  addGenerationPrompt: z.boolean().optional(),
  continueFinal: z.boolean().optional(),
});
const reasoningUse = z.object({
  effort: z.string().optional(),
  enabled: z.boolean().optional(),
});

/** What the answer began with, as it came: a conversation (with the server's system prompt), a text, tokens, or a gap in a text. */
const Prompt = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("chat"),
    messages: z.array(message).min(1),
    template: templateUse.optional(),
    reasoning: reasoningUse.optional(),
  }),
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("tokens"), tokens: z.array(count).min(1) }),
  z.object({ kind: z.literal("infill"), before: z.string(), after: z.string() }),
], { error: 'an object of the kind "chat", "text", "tokens" or "infill"' });

/** Every sampling parameter, by llama-server's name, as it was used; in the ranges that the engine takes. */
const Sampling = z.object({
  seed: z.int().min(0).max(2 ** 32 - 2),
  temperature: factor,
  dynatemp_range: factor,
  dynatemp_exponent: factor,
  top_k: count,
  top_p: probability,
  min_p: probability,
  typical_p: probability,
  top_n_sigma: scale,
  xtc_probability: probability,
  xtc_threshold: probability,
  min_keep: count,
  repeat_last_n: lookBack,
  repeat_penalty: z.number().min(1e-6).max(1e6),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  dry_multiplier: factor,
  dry_base: z.number().min(1).max(FLOAT),
  dry_allowed_length: count,
  dry_penalty_last_n: lookBack,
  dry_sequence_breakers: z.array(z.string()).max(32),
  mirostat: z.literal([0, 1, 2]),
  mirostat_tau: factor,
  mirostat_eta: probability,
  adaptive_target: z.number().min(-FLOAT).max(1),
  adaptive_decay: z.number().min(0).max(0.99),
  ignore_eos: z.boolean(),
  samplers: z.array(z.enum(SAMPLER_NAMES)).max(SAMPLER_NAMES.length),
  /** Pairs of a token or a text, and what is added to its logit; `false` bans it. */
  logit_bias: z.array(z.tuple([z.union([count, z.string().min(1)]), z.union([scale, z.literal(false)])])).max(4096),
});

const parameter = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);

/** How the model was loaded: the options of `serve` that its numbers depend on, after all defaults. */
const Settings = z.object({
  ctx_size: positive,
  batch_size: z.int().min(1).max(65536),
  ubatch_size: z.int().min(1).max(65536),
  parallel: z.int().min(1).max(64),
  threads: z.int().min(1).max(512),
  threads_batch: z.int().min(1).max(512),
  kv_layout: z.enum(["auto", "unified", "split"]),
  context_shift: z.boolean(),
  cache_type_k: z.enum(KV_TYPE_NAMES),
  cache_type_v: z.enum(KV_TYPE_NAMES),
  swa_full: z.boolean(),
  flash_attn: z.enum(["auto", "on", "off"]),
  gpu_layers: z.int().min(-1).max(INT32).nullable(),
  rope: z.object({
    scaling: z.enum(["none", "linear", "yarn"]).optional(),
    frequencyBase: factor.optional(),
    frequencyScale: factor.optional(),
    yarnOriginalContext: count.optional(),
    yarnExtFactor: factor.optional(),
    yarnAttnFactor: factor.optional(),
    yarnBetaFast: factor.optional(),
    yarnBetaSlow: factor.optional(),
  }),
});

/**
 * What an answer came from: all that is needed to compute it again (`packllama replay`), and to see that it is the same. docs/receipts.md
 * explains each field.
 */
export const Receipt = z.object({
  format: z.literal(RECEIPT_FORMAT),
  /** The answer's own id, and Unix time in seconds. */
  id: z.string(),
  created: z.int().min(0),
  packllama: z.object({
    version: z.string(),
    target: z.enum(TARGETS).nullable(),
    /** Of the executable that answered, as its manifest has them. */
    denort_sha256: sha256.nullable(),
    executable_sha256: sha256.nullable(),
    payload_sha256: sha256.nullable(),
  }),
  engine: z.object({
    release: z.string().nullable(),
    /** Those that were loaded. */
    libraries: z.array(Hashed),
    cpu_variant: z.string().regex(/^[\w.-]{1,64}$/, "the name of a CPU variant"),
    backend: z.string(),
    settings: Settings,
    /** Whether nothing else was computed meanwhile; undefined where the engine does not tell. */
    alone: z.boolean().optional(),
  }),
  model: z.object({
    name: z.string(),
    description: z.string(),
    /** One, or all parts of a split model. */
    weights: z.array(Hashed).min(1),
    /** Of the chat template's text; null where the model has none. */
    template_sha256: sha256.nullable(),
    /** The LoRA adapters that were loaded, in their order, and how strongly each applied. */
    adapters: z.array(Hashed.extend({ scale })).max(64),
  }),
  request: z.object({
    prompt: Prompt,
    /** null is up to the end of the context. */
    max_tokens: positive.nullable(),
    stop: z.array(z.string().min(1)).max(64),
    n_keep: lookBack,
    sampling: Sampling,
  }),
  prompt: z.object({
    /** What the template made of a conversation; null for other prompts. */
    rendered: z.string().nullable(),
    /** Of the text in UTF-8; null for tokens, and for a gap. */
    sha256: sha256.nullable(),
    tokens: count,
    /** Of the tokens as 32-bit integers, little endian. */
    tokens_sha256: sha256,
  }),
  /** The sampler chain in its order: what would change nothing is left out. */
  samplers: z.array(z.object({ name: z.string() }).catchall(parameter)),
  answer: z.object({
    text: z.string(),
    /** Of the text in UTF-8. */
    sha256,
    finish_reason: finishReason,
    completion_tokens: count,
  }),
});

/** What an answer came from. */
export type Receipt = z.infer<typeof Receipt>;
