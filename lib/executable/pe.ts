import { ByteEditor } from "./byte_editor.ts";

// Layout: Microsoft, "PE Format", https://learn.microsoft.com/windows/win32/debug/pe-format
const DOS_MAGIC = 0x5a4d;
const PE_MAGIC = 0x00004550;
const OPTIONAL_HEADER_64 = 0x20b;
const OPTIONAL_HEADER_64_MIN = 112;
const SECTION_HEADER_SIZE = 40;
const DIRECTORY_SIZE = 8;
const DIRECTORY_EXPORT = 0;
const DIRECTORY_RESOURCE = 2;
const SECTION_ALIGNMENT = 4096;
// The section that `deno compile` adds for its resources, always the last.
const DENO_SECTION = ".pedata";

interface Headers {
  /** Offset of the COFF header, which follows the signature. */
  coff: number;
  /** Offset of the optional header. */
  optional: number;
  /** Offset of the table of section headers. */
  table: number;
  sections: Section[];
}

interface Section {
  name: string;
  virtualSize: number;
  virtualAddress: number;
  rawSize: number;
  rawOffset: number;
}

/** Whether `bytes` begin like a Windows executable. */
export function isPe(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x4d && bytes[1] === 0x5a;
}

/**
 * Gets denort back out of a Windows executable made by `deno compile`, which adds a last section with the payload as a resource: that section,
 * its header and the resource directory go.
 *
 * @returns A copy.
 * @throws {EngineError} `bad_file` when it is no such executable.
 */
export function recoverDenortPe(bytes: Uint8Array): Uint8Array {
  const source = new ByteEditor(bytes, "Windows executable");
  const { coff, optional, table, sections } = readHeaders(source);
  const last = sections.at(-1);
  const previous = sections.at(-2);
  if (last === undefined || previous === undefined || last.name !== DENO_SECTION) {
    throw source.damaged(`its last section is "${last?.name ?? ""}", deno compile's is "${DENO_SECTION}"`);
  }
  if (last.rawOffset + last.rawSize !== source.length) {
    throw source.damaged(
      `its last section ends at byte ${last.rawOffset + last.rawSize}, the file at ${source.length}`,
    );
  }
  const resources = directory(source, optional, DIRECTORY_RESOURCE);
  if (resources.offset === undefined || resources.address !== last.virtualAddress) {
    throw source.damaged(
      `its resources are at address ${resources.address}, "${DENO_SECTION}" at ${last.virtualAddress}`,
    );
  }
  const header = table + (sections.length - 1) * SECTION_HEADER_SIZE;
  if (header + SECTION_HEADER_SIZE > last.rawOffset) throw source.damaged("its sections overlap its headers");

  const denort = new ByteEditor(bytes.slice(0, last.rawOffset), "Windows executable");
  denort.slice(header, SECTION_HEADER_SIZE, "the last section's header").fill(0);
  denort.setU16(coff + 2, sections.length - 1, "the number of sections");
  denort.slice(resources.offset, DIRECTORY_SIZE, "the resource directory").fill(0);
  const end = previous.virtualAddress + previous.virtualSize;
  denort.setU32(optional + 56, Math.ceil(end / SECTION_ALIGNMENT) * SECTION_ALIGNMENT, "the size of the image");
  denort.setU32(optional + 64, 0, "the checksum");
  return denort.bytes;
}

/**
 * The names that a Windows DLL exports.
 *
 * @throws {EngineError} `bad_file` when it is damaged or exports nothing.
 */
export function peExportedSymbols(bytes: Uint8Array): Set<string> {
  const pe = new ByteEditor(bytes, "Windows DLL");
  const { optional, sections } = readHeaders(pe);
  const exports = directory(pe, optional, DIRECTORY_EXPORT);
  if (exports.offset === undefined || exports.address === 0) throw pe.damaged("it exports nothing");
  const at = fileOffset(pe, sections, exports.address, "the export table");
  const count = pe.u32(at + 24, "the number of exported names");
  const names = fileOffset(pe, sections, pe.u32(at + 32, "the address of the exported names"), "the exported names");
  pe.check(names, count * 4, "the exported names");
  const found = new Set<string>();
  for (let index = 0; index < count; index++) {
    const address = pe.u32(names + index * 4, "the address of a name");
    found.add(pe.text(fileOffset(pe, sections, address, "an exported name"), pe.length, "an exported name"));
  }
  return found;
}

function readHeaders(pe: ByteEditor): Headers {
  if (pe.u16(0, "the magic number") !== DOS_MAGIC) throw pe.damaged('it does not begin with "MZ"');
  const signature = pe.u32(0x3c, "the offset of the PE signature");
  if (pe.u32(signature, "the PE signature") !== PE_MAGIC) throw pe.damaged(`no PE signature at byte ${signature}`);
  const coff = signature + 4;
  const optional = coff + 20;
  const optionalSize = pe.u16(coff + 16, "the size of the optional header");
  const kind = pe.u16(optional, "the optional header");
  if (kind !== OPTIONAL_HEADER_64 || optionalSize < OPTIONAL_HEADER_64_MIN) {
    throw pe.damaged(`optional header 0x${kind.toString(16)} of ${optionalSize} bytes found, 0x20b (64 bits) expected`);
  }
  const directories = pe.u32(optional + 108, "the number of data directories");
  if (OPTIONAL_HEADER_64_MIN + directories * DIRECTORY_SIZE > optionalSize) {
    throw pe.damaged(`${directories} data directories do not fit an optional header of ${optionalSize} bytes`);
  }
  const table = optional + optionalSize;
  const count = pe.u16(coff + 2, "the number of sections");
  pe.check(table, count * SECTION_HEADER_SIZE, "the table of sections");
  const sections = Array.from({ length: count }, (_, index) => readSection(pe, table + index * SECTION_HEADER_SIZE));
  return { coff, optional, table, sections };
}

function readSection(pe: ByteEditor, header: number): Section {
  const section = {
    name: pe.text(header, header + 8, "a section's name"),
    virtualSize: pe.u32(header + 8, "a section's virtual size"),
    virtualAddress: pe.u32(header + 12, "a section's address"),
    rawSize: pe.u32(header + 16, "a section's size"),
    rawOffset: pe.u32(header + 20, "a section's offset"),
  };
  // A section that holds zeros alone has no bytes, and then any offset.
  if (section.rawSize > 0) pe.check(section.rawOffset, section.rawSize, `section "${section.name}"`);
  return section;
}

function directory(pe: ByteEditor, optional: number, index: number): { offset: number | undefined; address: number } {
  if (index >= pe.u32(optional + 108, "the number of data directories")) return { offset: undefined, address: 0 };
  const offset = optional + OPTIONAL_HEADER_64_MIN + index * DIRECTORY_SIZE;
  return { offset, address: pe.u32(offset, "a data directory") };
}

function fileOffset(pe: ByteEditor, sections: Section[], address: number, what: string): number {
  for (const section of sections) {
    const inside = address - section.virtualAddress;
    if (inside >= 0 && inside < section.rawSize) return section.rawOffset + inside;
  }
  throw pe.damaged(`${what} is at address ${address}, which is in no section`);
}
