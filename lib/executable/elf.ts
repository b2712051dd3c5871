import { ByteEditor } from "./byte_editor.ts";

// Layout: System V ABI, "Object Files", 64-bit class; https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html
const MAGIC = 0x464c457f;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const SECTION_HEADER_SIZE = 64;
const SECTION_TYPE_DYNSYM = 11;
const SYMBOL_SIZE = 24;
const BINDING_GLOBAL = 1;
const BINDING_WEAK = 2;
const BINDING_GNU_UNIQUE = 10;
const VISIBILITY_DEFAULT = 0;
const VISIBILITY_PROTECTED = 3;

// The last 16 bytes of what `deno compile` makes: this magic, a hash, and how far back the payload begins.
const DENO_TRAILER_MAGIC = 0x501e;
const DENO_TRAILER_SIZE = 16;

interface SectionTable {
  offset: number;
  count: number;
  /** The first byte behind the table. */
  end: number;
}

/** Whether `bytes` begin like an ELF file. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC;
}

/**
 * Gets denort back out of a Linux executable made by `deno compile`: the payload and its trailer come after the table of section headers, which
 * ends denort.
 *
 * @returns A view of `bytes`, not a copy.
 * @throws {EngineError} `bad_file` when it is no such executable.
 */
export function recoverDenortElf(bytes: Uint8Array): Uint8Array {
  const elf = open(bytes);
  const table = sectionTable(elf);
  const trailer = elf.length - DENO_TRAILER_SIZE;
  const magic = elf.u32(trailer, "the trailer of deno compile");
  if (magic !== DENO_TRAILER_MAGIC) {
    throw elf.damaged(
      `deno compile ends a file with 0x${DENO_TRAILER_MAGIC.toString(16)}, here it is 0x${magic.toString(16)}`,
    );
  }
  const payload = elf.length - elf.u64(trailer + 8, "the distance to the payload");
  if (payload !== table.end) {
    throw elf.damaged(
      `the payload of deno compile begins at byte ${payload}, but the ELF file ends at byte ${table.end}`,
    );
  }
  return elf.slice(0, table.end, "denort");
}

/**
 * The names of functions and data that a Linux shared library offers: defined, global or weak, and visible.
 *
 * @throws {EngineError} `bad_file` when it is damaged or has no dynamic symbols.
 */
export function elfExportedSymbols(bytes: Uint8Array): Set<string> {
  const elf = open(bytes);
  const table = sectionTable(elf);
  for (let index = 0; index < table.count; index++) {
    const header = table.offset + index * SECTION_HEADER_SIZE;
    if (elf.u32(header + 4, "a section's type") !== SECTION_TYPE_DYNSYM) continue;
    const link = elf.u32(header + 40, "the index of the section with names");
    if (link >= table.count) throw elf.damaged(`section ${index} refers to section ${link}, there are ${table.count}`);
    return visibleNames(elf, section(elf, header), section(elf, table.offset + link * SECTION_HEADER_SIZE));
  }
  throw elf.damaged("it has no dynamic symbols (section of type DYNSYM)");
}

function open(bytes: Uint8Array): ByteEditor {
  const elf = new ByteEditor(bytes, "ELF file");
  if (elf.u32(0, "the magic number") !== MAGIC) throw elf.damaged("it does not begin with 7f 45 4c 46");
  const kind = [elf.u8(4, "the class"), elf.u8(5, "the byte order")];
  if (kind[0] !== CLASS_64 || kind[1] !== LITTLE_ENDIAN) {
    throw elf.damaged(`class ${kind[0]} and byte order ${kind[1]} found, 2 and 1 (64 bits, little-endian) expected`);
  }
  return elf;
}

function sectionTable(elf: ByteEditor): SectionTable {
  const offset = elf.u64(0x28, "the offset of the section headers");
  const size = elf.u16(0x3a, "the size of a section header");
  const count = elf.u16(0x3c, "the number of section headers");
  if (size !== SECTION_HEADER_SIZE || count === 0) {
    throw elf.damaged(`${count} section headers of ${size} bytes found, some of ${SECTION_HEADER_SIZE} bytes expected`);
  }
  elf.check(offset, count * size, "the table of section headers");
  return { offset, count, end: offset + count * size };
}

function section(elf: ByteEditor, header: number): { start: number; end: number } {
  const start = elf.u64(header + 24, "a section's offset");
  const size = elf.u64(header + 32, "a section's size");
  elf.check(start, size, "a section");
  return { start, end: start + size };
}

function visibleNames(
  elf: ByteEditor,
  symbols: { start: number; end: number },
  names: { start: number; end: number },
): Set<string> {
  const found = new Set<string>();
  for (let at = symbols.start; at + SYMBOL_SIZE <= symbols.end; at += SYMBOL_SIZE) {
    const binding = elf.u8(at + 4, "a symbol's binding") >> 4;
    const visibility = elf.u8(at + 5, "a symbol's visibility") & 3;
    const defined = elf.u16(at + 6, "a symbol's section") !== 0;
    const offered = binding === BINDING_GLOBAL || binding === BINDING_WEAK || binding === BINDING_GNU_UNIQUE;
    const visible = visibility === VISIBILITY_DEFAULT || visibility === VISIBILITY_PROTECTED;
    if (!defined || !offered || !visible) continue;
    const name = names.start + elf.u32(at, "a symbol's name");
    if (name >= names.end) throw elf.damaged(`a symbol's name lies at byte ${name}, names end at byte ${names.end}`);
    found.add(elf.text(name, names.end, "a symbol's name"));
  }
  return found;
}
