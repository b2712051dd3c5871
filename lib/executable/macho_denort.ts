import { Buffer } from "node:buffer";
import {
  CPU_TYPE,
  LOAD_COMMAND,
  type LoadCommand,
  type MachO,
  namedSegment,
  onlyCommand,
  readMachO,
  type Segment,
} from "./macho.ts";
import { signAdHoc } from "./macho_signature.ts";

// In front of the payload on x86_64. It is given in numbers, as Deno looks for the last place in its executable where the text stands: spelled
// out in a source file that is bundled into the payload it would be found there, and the program could not start.
// deno-fmt-ignore
const SENTINEL = Uint8Array.of(
  0x3c, 0x7e, 0x73, 0x75, 0x69, 0x2d, 0x64, 0x61, 0x74, 0x61, 0x7e, 0x3e, 0xef, 0xbe, 0xad, 0xde,
);
const PAYLOAD_SEGMENT = "__SUI";
const PAGE_SIZE_X86_64 = 4096;
const SIGNATURE_ALIGNMENT = 16;

// Where load commands hold offsets into __LINKEDIT, counted from the command's start.
const OFFSETS_IN_COMMANDS = new Map<number, readonly number[]>([
  [LOAD_COMMAND.symtab, [8, 16]],
  [LOAD_COMMAND.dysymtab, [32, 40, 48, 56, 64, 72]],
  [LOAD_COMMAND.dyldInfo, [8, 16, 24, 32, 40]],
  [LOAD_COMMAND.dyldInfoOnly, [8, 16, 24, 32, 40]],
  [LOAD_COMMAND.codeSignature, [8]],
  [LOAD_COMMAND.segmentSplitInfo, [8]],
  [LOAD_COMMAND.functionStarts, [8]],
  [LOAD_COMMAND.dataInCode, [8]],
  [LOAD_COMMAND.dylibCodeSignDrs, [8]],
  [LOAD_COMMAND.linkerOptimizationHint, [8]],
  [LOAD_COMMAND.atomInfo, [8]],
  [LOAD_COMMAND.dyldExportsTrie, [8]],
  [LOAD_COMMAND.dyldChainedFixups, [8]],
]);

/**
 * Gets denort back out of a macOS executable made by `deno compile`. On arm64 the payload is a segment of its own: it goes, what followed moves
 * back, and the file is signed ad hoc again. On x86_64 it was appended to `__LINKEDIT`: the file is cut there, and a signature that was added
 * later goes, for Deno leaves x86_64 unsigned.
 *
 * @returns A copy.
 * @throws {EngineError} `bad_file` when it is no such executable.
 */
export function recoverDenortMachO(bytes: Uint8Array): Uint8Array {
  const macho = readMachO(bytes.slice());
  if (macho.cpuType === CPU_TYPE.arm64) return signAdHoc(withoutPayloadSegment(macho));
  if (macho.cpuType === CPU_TYPE.x86_64) return cutAtSentinel(macho);
  throw macho.file.damaged(`CPU type 0x${macho.cpuType.toString(16)} found, arm64 or x86_64 expected`);
}

function withoutPayloadSegment(macho: MachO): MachO {
  const { file } = macho;
  const payload = namedSegment(macho, PAYLOAD_SEGMENT);
  const linkEdit = namedSegment(macho, "__LINKEDIT");
  const payloadEnd = payload.fileOffset + payload.fileSize;
  if (linkEdit.fileOffset !== payloadEnd || payload.fileOffset < macho.commandsEnd) {
    throw file.damaged(`the payload ends at byte ${payloadEnd}, __LINKEDIT begins at byte ${linkEdit.fileOffset}`);
  }
  for (const command of macho.commands) moveOffsets(macho, command, payload);
  file.setU64(linkEdit.offset + 24, linkEdit.address - payload.memorySize, "the address of __LINKEDIT");
  file.setU64(linkEdit.offset + 40, payload.fileOffset, "the offset of __LINKEDIT");
  removeCommand(macho, payload);
  const kept = new Uint8Array(file.length - payload.fileSize);
  kept.set(file.slice(0, payload.fileOffset, "what precedes the payload"));
  kept.set(file.slice(payloadEnd, file.length - payloadEnd, "what follows the payload"), payload.fileOffset);
  return readMachO(kept);
}

function moveOffsets({ file }: MachO, command: LoadCommand, payload: Segment): void {
  for (const field of OFFSETS_IN_COMMANDS.get(command.kind) ?? []) {
    if (field + 4 > command.size) {
      throw file.damaged(`load command at byte ${command.offset} has only ${command.size} bytes`);
    }
    const value = file.u32(command.offset + field, "an offset in a load command");
    if (value < payload.fileOffset + payload.fileSize) continue;
    file.setU32(command.offset + field, value - payload.fileSize, "an offset in a load command");
  }
}

/** Takes a load command out; those behind it move up, and zeros take the place at their end. */
function removeCommand({ file, commands, commandsEnd }: MachO, { offset, size }: LoadCommand): void {
  file.bytes.copyWithin(offset, offset + size, commandsEnd);
  file.slice(commandsEnd - size, size, "the end of the load commands").fill(0);
  file.setU32(16, commands.length - 1, "the number of load commands");
  file.setU32(20, file.u32(20, "the size of the load commands") - size, "the size of the load commands");
}

function cutAtSentinel(macho: MachO): Uint8Array {
  const { file } = macho;
  const isSigned = macho.commands.some(({ kind }) => kind === LOAD_COMMAND.codeSignature);
  const signature = isSigned ? onlyCommand(macho, LOAD_COMMAND.codeSignature, 16) : undefined;
  const sentinel = findSentinel(macho, signature && file.u32(signature.offset + 8, "the offset of the signature"));
  const linkEdit = namedSegment(macho, "__LINKEDIT");
  const symtab = onlyCommand(macho, LOAD_COMMAND.symtab, 24);
  const names = file.u32(symtab.offset + 16, "the offset of the names");
  const size = sentinel - linkEdit.fileOffset;
  file.setU32(symtab.offset + 20, sentinel - names, "the size of the names");
  file.setU64(
    linkEdit.offset + 32,
    Math.ceil(size / PAGE_SIZE_X86_64) * PAGE_SIZE_X86_64,
    "the size of __LINKEDIT in memory",
  );
  file.setU64(linkEdit.offset + 48, size, "the size of __LINKEDIT");
  if (signature !== undefined) removeCommand(macho, signature);
  return file.bytes.slice(0, sentinel);
}

/**
 * The place of the sentinel whose payload ends where the signature begins, or where an unsigned file ends: the payload's own bytes may hold the
 * text as well.
 */
function findSentinel({ file, commandsEnd }: MachO, signature: number | undefined): number {
  for (let end = file.length; end >= 0;) {
    const at = lastIndexOf(file.bytes.subarray(0, end), SENTINEL);
    if (at < commandsEnd) break;
    const payload = at + SENTINEL.length + 8;
    if (payload <= file.length) {
      // Not read as an offset: behind a chance hit it may be any number.
      const size = file.u32(payload - 8, "the payload's size") + file.u32(payload - 4, "the payload's size") * 2 ** 32;
      const aligned = Math.ceil((payload + size) / SIGNATURE_ALIGNMENT) * SIGNATURE_ALIGNMENT;
      if (signature === undefined ? payload + size === file.length : aligned === signature) return at;
    }
    end = at + SENTINEL.length - 1;
  }
  throw file.damaged(
    "deno compile's mark in front of a payload that ends at the signature or the file's end was not found",
  );
}

function lastIndexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(wanted);
}
