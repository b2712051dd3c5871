import * as z from "zod";

/** The largest value that llama.cpp's 32-bit integers hold. */
const INT32_MAX = 2 ** 31 - 1;

const penalty = z.number().min(-2).max(2).nullish();
const stopString = z.string().min(1);

/**
 * The sampling parameters that every generating API shares: those of OpenAI, and llama-server's names for the rest. `null` means absent.
 */
export const samplingShape = {
  temperature: z.number().min(0).max(2).nullish(),
  /** 0, which OpenAI documents too, keeps the likeliest token. */
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).max(INT32_MAX).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  typical_p: z.number().gt(0).max(1).nullish(),
  /** OpenAI documents a signed 64-bit integer, which a JSON number may round; -1 draws one. */
  seed: z.number().multipleOf(1).min(-(2 ** 63)).max(2 ** 63).nullish(),
  stop: z.union([stopString, z.array(stopString).max(16)]).nullish(),
  frequency_penalty: penalty,
  presence_penalty: penalty,
  repeat_penalty: z.number().gt(0).max(1e6).nullish(),
  repeat_last_n: z.int().min(-1).max(INT32_MAX).nullish(),
};

/** {@linkcode samplingShape} as an object of its own. */
export const SamplingParameters = z.object(samplingShape);

/** What a request says about sampling. */
export type SamplingParameters = z.infer<typeof SamplingParameters>;

/** A limit of generated tokens: at least 1, or -1, llama-server's word for none. */
export const tokenLimit = z.union([z.literal(-1), z.int().min(1)]).nullish();
