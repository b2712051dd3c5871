import { ByteEditor } from "./byte_editor.ts";

// Layout: Apple, <mach-o/loader.h> and <mach-o/nlist.h>, https://github.com/apple-oss-distributions/xnu
const MAGIC_64 = 0xfeedfacf;
const HEADER_SIZE = 32;
const SEGMENT_COMMAND_SIZE = 72;
const SYMBOL_SIZE = 16;
const STAB_MASK = 0xe0;
const PRIVATE_EXTERNAL = 0x10;
const TYPE_MASK = 0x0e;
const EXTERNAL = 0x01;

/** The kinds of load command that are read or changed here, by Apple's names. */
export const LOAD_COMMAND = {
  symtab: 0x2,
  dysymtab: 0xb,
  segment64: 0x19,
  codeSignature: 0x1d,
  segmentSplitInfo: 0x1e,
  dyldInfo: 0x22,
  functionStarts: 0x26,
  dataInCode: 0x29,
  dylibCodeSignDrs: 0x2b,
  linkerOptimizationHint: 0x2e,
  atomInfo: 0x36,
  dyldInfoOnly: 0x80000022,
  dyldExportsTrie: 0x80000033,
  dyldChainedFixups: 0x80000034,
} as const;

/** `cputype` of the two kinds of Mac. */
export const CPU_TYPE = { x86_64: 0x01000007, arm64: 0x0100000c } as const;

/** One load command. */
export interface LoadCommand {
  kind: number;
  /** Where it begins in the file. */
  offset: number;
  /** Its bytes, its head of 8 included. */
  size: number;
}

/** A segment: the load command and what it says. */
export interface Segment extends LoadCommand {
  name: string;
  address: number;
  memorySize: number;
  fileOffset: number;
  fileSize: number;
}

/** The header of a Mach-O file and what it announces. */
export interface MachO {
  file: ByteEditor;
  cpuType: number;
  commands: LoadCommand[];
  segments: Segment[];
  /** The first byte behind the load commands. */
  commandsEnd: number;
}

/** Whether `bytes` begin like a 64-bit Mach-O file. */
export function isMachO(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC_64;
}

/**
 * Reads the load commands of a thin 64-bit Mach-O file.
 *
 * @param bytes The file; the `file` of the result edits them in place.
 * @throws {EngineError} `bad_file` when it is damaged or of another kind.
 */
export function readMachO(bytes: Uint8Array): MachO {
  const file = new ByteEditor(bytes, "Mach-O file");
  if (file.u32(0, "the magic number") !== MAGIC_64) throw file.damaged("it does not begin with cf fa ed fe");
  const count = file.u32(16, "the number of load commands");
  const commandsEnd = HEADER_SIZE + file.u32(20, "the size of the load commands");
  file.check(HEADER_SIZE, commandsEnd - HEADER_SIZE, "the load commands");
  const commands: LoadCommand[] = [];
  let offset = HEADER_SIZE;
  for (let index = 0; index < count; index++) {
    if (offset + 8 > commandsEnd) throw file.damaged(`load command ${index} of ${count} lies behind the last`);
    const size = file.u32(offset + 4, "a load command's size");
    if (size < 8 || offset + size > commandsEnd) {
      throw file.damaged(
        `load command ${index} at byte ${offset} has ${size} bytes, commands end at byte ${commandsEnd}`,
      );
    }
    commands.push({ kind: file.u32(offset, "a load command"), offset, size });
    offset += size;
  }
  const segments = commands.filter(({ kind }) => kind === LOAD_COMMAND.segment64).map((command) =>
    readSegment(file, command)
  );
  return { file, cpuType: file.u32(4, "the CPU type"), commands, segments, commandsEnd };
}

/**
 * The only load command of a kind.
 *
 * @throws {EngineError} `bad_file` when there is none, more than one, or one of less than `size` bytes.
 */
export function onlyCommand({ file, commands }: MachO, kind: number, size: number): LoadCommand {
  const [command, ...others] = commands.filter((candidate) => candidate.kind === kind);
  if (command === undefined || others.length > 0) {
    throw file.damaged(
      `${command === undefined ? "no" : others.length + 1} load commands 0x${kind.toString(16)} found, 1 expected`,
    );
  }
  if (command.size < size) {
    throw file.damaged(`load command 0x${kind.toString(16)} has ${command.size} bytes, not ${size}`);
  }
  return command;
}

/**
 * The segment of a name.
 *
 * @throws {EngineError} `bad_file` when there is none.
 */
export function namedSegment({ file, segments }: MachO, name: string): Segment {
  const found = segments.find((segment) => segment.name === name);
  if (found === undefined) throw file.damaged(`it has no segment "${name}"`);
  return found;
}

/**
 * The names that a macOS library offers: external and defined, each without the underscore that C names get there.
 *
 * @throws {EngineError} `bad_file` when it is damaged or has no table of symbols.
 */
export function machOExportedSymbols(bytes: Uint8Array): Set<string> {
  const macho = readMachO(bytes);
  const { file } = macho;
  const { offset } = onlyCommand(macho, LOAD_COMMAND.symtab, 24);
  const symbols = file.u32(offset + 8, "the offset of the symbols");
  const count = file.u32(offset + 12, "the number of symbols");
  const names = file.u32(offset + 16, "the offset of the names");
  const namesEnd = names + file.u32(offset + 20, "the size of the names");
  file.check(symbols, count * SYMBOL_SIZE, "the table of symbols");
  file.check(names, namesEnd - names, "the table of names");
  const found = new Set<string>();
  for (let at = symbols; at < symbols + count * SYMBOL_SIZE; at += SYMBOL_SIZE) {
    const type = file.u8(at + 4, "a symbol's type");
    const hidden = (type & (STAB_MASK | PRIVATE_EXTERNAL)) !== 0 || (type & EXTERNAL) === 0;
    if (hidden || (type & TYPE_MASK) === 0) continue;
    const name = names + file.u32(at, "a symbol's name");
    if (name >= namesEnd) throw file.damaged(`a symbol's name lies at byte ${name}, names end at byte ${namesEnd}`);
    found.add(file.text(name, namesEnd, "a symbol's name").replace(/^_/, ""));
  }
  return found;
}

function readSegment(file: ByteEditor, command: LoadCommand): Segment {
  const { offset, size } = command;
  if (size < SEGMENT_COMMAND_SIZE) {
    throw file.damaged(`the segment at byte ${offset} has ${size} bytes, not ${SEGMENT_COMMAND_SIZE}`);
  }
  const segment = {
    ...command,
    name: file.text(offset + 8, offset + 24, "a segment's name"),
    address: file.u64(offset + 24, "a segment's address"),
    memorySize: file.u64(offset + 32, "a segment's size in memory"),
    fileOffset: file.u64(offset + 40, "a segment's offset"),
    fileSize: file.u64(offset + 48, "a segment's size"),
  };
  file.check(segment.fileOffset, segment.fileSize, `segment "${segment.name}"`);
  return segment;
}
