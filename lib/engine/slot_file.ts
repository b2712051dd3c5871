import { stateFault } from "../../ffi/mod.ts";
import { EngineError } from "../errors.ts";
import type { SlotAction, SlotChange } from "./engine.ts";
import type { KvSlots } from "./kv_slots.ts";
import { readStateFile, sizeIfThere, writeStateFile } from "./state_file.ts";

/** What slots are changed with. */
export interface SlotFileOptions {
  /** What states are told by (`stateKeyOf`). */
  stateKey: string | undefined;
  /** The most tokens that one sequence may have. */
  contextLength: number;
}

/**
 * Saves, restores or erases what a slot holds.
 *
 * @throws {EngineError} As `Engine.changeSlot`.
 */
export async function changeSlot(
  slots: KvSlots,
  { index, action }: { index: number; action: SlotAction },
  { stateKey, contextLength }: SlotFileOptions,
): Promise<SlotChange> {
  if (action.kind === "erase") return { tokens: slots.erase(index), bytes: 0 };
  if (stateKey === undefined) {
    throw new EngineError("bad_model", "The states of this model cannot be told apart by a key");
  }
  const { path } = action;
  if (action.kind === "save") {
    const saved = slots.stateOf(index);
    await writeStateFile(path, stateKey, [saved]);
    return { tokens: saved.tokens.length, bytes: sizeIfThere(path) ?? 0 };
  }
  const size = sizeIfThere(path);
  if (size === undefined) throw new EngineError("bad_file", `There is no file "${path}"`);
  const saved = readStateFile({ path, offset: 0, size }, stateKey, { limit: Infinity, contextLength }).at(-1);
  if (saved === undefined) {
    throw new EngineError(
      "bad_file",
      `"${path}" holds no state of this model, engine and settings that fits the context`,
    );
  }
  const fault = stateFault(saved.state, saved.tokens);
  if (fault !== undefined) throw new EngineError("bad_file", `The state in "${path}" ${fault}`);
  slots.fill(index, saved);
  return { tokens: saved.tokens.length, bytes: size };
}
