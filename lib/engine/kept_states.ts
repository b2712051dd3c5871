import { stateFault } from "../../ffi/mod.ts";
import { toEngineError } from "../errors.ts";
import type { LoadOptions } from "./protocol.ts";
import type { SavedState, StateCache } from "./state_cache.ts";
import { readStateFile, sizeIfThere, writeStateFile } from "./state_file.ts";

/** Where KV states are kept from one run to the next, and how much of them is wanted. */
export interface KeptStates extends Pick<LoadOptions, "states" | "promptCache" | "stateKey" | "cacheBytes"> {
  /** The most tokens that one sequence may have. */
  contextLength: number;
  /** Is told what could not be read or written: states are of no need, so nothing is thrown. */
  warn: (text: string) => void;
}

/** Puts kept states into the cache: those packed with the model for good, those of the prompt cache as far as there is room. */
export function restoreStates(cache: StateCache, options: KeptStates): void {
  const { states, promptCache, stateKey, cacheBytes, contextLength } = options;
  if (stateKey === undefined) return;
  for (const source of states) {
    guard(options, source.path, () => {
      const read = readStateFile(source, stateKey, { limit: Infinity, contextLength });
      for (const saved of sound(read, source.path, options)) cache.pin(saved);
    });
  }
  if (promptCache === undefined) return;
  guard(options, promptCache, () => {
    const size = sizeIfThere(promptCache);
    if (size === undefined || size === 0) return;
    const source = { path: promptCache, offset: 0, size };
    const read = readStateFile(source, stateKey, { limit: cacheBytes, contextLength });
    for (const saved of sound(read, promptCache, options)) cache.add(saved);
  });
}

/**
 * Writes what the cache holds to the prompt cache, if there is one; nothing where it holds nothing. What is no file of KV states, and came to
 * be there meanwhile, stays.
 */
export async function keepStates(cache: StateCache, { promptCache, stateKey, warn }: KeptStates): Promise<void> {
  const states = [...cache];
  if (promptCache === undefined || stateKey === undefined || states.length === 0) return;
  try {
    await writeStateFile(promptCache, stateKey, states);
  } catch (error) {
    warn(toEngineError(error, `Cannot write the prompt cache "${promptCache}"`).message);
  }
}

function guard({ warn }: KeptStates, path: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    warn(`${toEngineError(error, `Cannot use the KV states in "${path}"`).message}; prompts are computed anew`);
  }
}

/**
 * Those that llama.cpp can have written. The hash of a state lies in the same file, so that whoever makes one makes it fit: what it hashes is
 * checked as well.
 */
function sound(states: readonly SavedState[], path: string, { warn }: KeptStates): SavedState[] {
  return states.filter(({ tokens, state }) => {
    const fault = stateFault(state, tokens);
    if (fault !== undefined) {
      warn(`One of the KV states in "${path}", of ${tokens.length} tokens, ${fault}; it is passed over`);
    }
    return fault === undefined;
  });
}
