import { EngineError } from "../errors.ts";
import { elfExportedSymbols, isElf, recoverDenortElf } from "./elf.ts";
import { isMachO, machOExportedSymbols } from "./macho.ts";
import { recoverDenortMachO } from "./macho_denort.ts";
import { isPe, peExportedSymbols, recoverDenortPe } from "./pe.ts";

export { elfExportedSymbols, recoverDenortElf } from "./elf.ts";
export { machOExportedSymbols } from "./macho.ts";
export { recoverDenortMachO } from "./macho_denort.ts";
export { peExportedSymbols, recoverDenortPe } from "./pe.ts";

/**
 * Gets the bare Deno runtime (denort) back out of an executable made by `deno compile`, for Linux, Windows or macOS.
 *
 * @param bytes The whole executable; never changed.
 * @returns The bytes of denort, which may be a view of `bytes`.
 * @throws {EngineError} `bad_file` when it is no such executable.
 */
export function recoverDenort(bytes: Uint8Array): Uint8Array {
  if (isElf(bytes)) return recoverDenortElf(bytes);
  if (isPe(bytes)) return recoverDenortPe(bytes);
  if (isMachO(bytes)) return recoverDenortMachO(bytes);
  throw unknownKind(bytes);
}

/**
 * The C names that a shared library of Linux, Windows or macOS offers to those who load it.
 *
 * @throws {EngineError} `bad_file` when it is damaged or of another kind.
 */
export function exportedSymbols(bytes: Uint8Array): Set<string> {
  if (isElf(bytes)) return elfExportedSymbols(bytes);
  if (isPe(bytes)) return peExportedSymbols(bytes);
  if (isMachO(bytes)) return machOExportedSymbols(bytes);
  throw unknownKind(bytes);
}

function unknownKind(bytes: Uint8Array): EngineError {
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return new EngineError("bad_file", `Not an executable: it begins with "${start}"; ELF, PE or 64-bit Mach-O expected`);
}
