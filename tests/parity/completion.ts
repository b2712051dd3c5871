import { post } from "./peer_with.ts";
import type { TokenTable } from "./token_table.ts";

/** A token that might have been chosen. */
export interface Candidate {
  /** Hexadecimal; {@linkcode END} for one that ends the answer. */
  bytes: string;
  /** Of its probability before any sampler. */
  logprob: number;
}

/** A token of an answer. */
export interface AnswerToken {
  bytes: string;
  /** The likeliest tokens in its place, the likeliest first; empty where the server tells none. */
  top: Candidate[];
}

/** A greedy answer. */
export interface Answer {
  /** Its tokens; the last one is {@linkcode END} where it came to its end. */
  tokens: AnswerToken[];
  /** Whether more tokens came than the server has told of: those behind the last whole character. */
  open: boolean;
  promptTokens: number;
  /** Tokens of the prompt that were taken from the cache. */
  cached: number;
}

/** What is asked. */
export interface Question {
  prompt: string | readonly number[];
  /** Tokens at most. */
  tokens: number;
  cache?: boolean;
  /** A token to come whatever is likely; what is told of the likeliest ones stays as it is. */
  forced?: number;
}

/** Asks a server for a greedy answer with the five likeliest tokens of each place. */
export type Ask = (question: Question) => Promise<Answer>;

/** Stands for any token that ends an answer. */
export const END = "end";
/** As many as OpenAI's API gives. */
const TOP = 5;

/** Asks ours, over `/v1/completions`. */
export function askOurs(
  url: string,
  { table, speculation }: { table: TokenTable; speculation: boolean },
): Ask {
  return async ({ prompt, tokens, cache = false, forced }) => {
    const body = {
      prompt,
      max_tokens: tokens,
      temperature: 0,
      logprobs: TOP,
      cache_prompt: cache,
      speculation,
      ...bias(forced),
    };
    const { choices: [choice], usage } = await post(`${url}/v1/completions`, body);
    const told: AnswerToken[] = choice.logprobs.tokens.map((token: string, i: number) => ({
      bytes: toBytes(token),
      top: toCandidates(choice.logprobs.top_logprobs[i], table),
    }));
    const ended = choice.finish_reason === "stop";
    const open = told.length < usage.completion_tokens - (ended ? 1 : 0);
    if (ended && !open) told.push({ bytes: END, top: [] });
    return { tokens: told, open, promptTokens: usage.prompt_tokens, cached: usage.prompt_tokens_details.cached_tokens };
  };
}

function bias(token: number | undefined): { logit_bias?: [number, number][] } {
  return token === undefined ? {} : { logit_bias: [[token, 100]] };
}

function toCandidates(top: Record<string, number>, table: TokenTable): Candidate[] {
  return Object.entries(top).map(([token, logprob]) => candidate(toBytes(token), logprob, table))
    .sort((a, b) => b.logprob - a.logprob);
}

function candidate(bytes: string, logprob: number, table: TokenTable): Candidate {
  return { bytes: table.isEnd(bytes) ? END : bytes, logprob };
}

/** Bytes that are no whole characters are written `bytes:\xe2\x80`. */
function toBytes(token: string): string {
  if (/^bytes:(\\x[0-9a-f]{2})+$/.test(token)) return token.slice("bytes:".length).replaceAll("\\x", "");
  return new TextEncoder().encode(token).toHex();
}

/** Asks llama-server, over `/completion`. */
export function askPeer(url: string, table: TokenTable): Ask {
  return async ({ prompt, tokens, cache = false, forced }) => {
    const body = await post(`${url}/completion`, {
      prompt,
      n_predict: tokens,
      temperature: 0,
      n_probs: TOP,
      post_sampling_probs: false,
      cache_prompt: cache,
      return_tokens: true,
      ...bias(forced),
    });
    return {
      tokens: toTokens(body.tokens, body.completion_probabilities ?? [], table),
      open: false,
      promptTokens: body.tokens_evaluated,
      cached: body.timings.cache_n,
    };
  };
}

/** What llama-server tells of a place: nothing of a token that ends within a character, whose bytes come with the next. */
interface PeerPlace {
  id: number;
  bytes: number[];
  top_logprobs: { id: number; logprob: number }[];
}

function toTokens(ids: readonly number[], places: readonly PeerPlace[], table: TokenTable): AnswerToken[] {
  let next = 0;
  let pending = "";
  return ids.map((id) => {
    const own = table.bytes(id);
    const bytes = table.isEnd(own) ? END : own;
    const place = places[next];
    pending += own;
    if (place?.id !== id || !pending.endsWith(Uint8Array.from(place.bytes).toHex())) return { bytes, top: [] };
    next++;
    pending = "";
    return { bytes, top: place.top_logprobs.map((top) => candidate(table.bytes(top.id), top.logprob, table)) };
  });
}
