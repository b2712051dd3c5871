import { createHash } from "node:crypto";
import { LOAD_COMMAND, type MachO, namedSegment, onlyCommand } from "./macho.ts";

// Layout: Apple, <Kernel/kern/cs_blobs.h>, https://github.com/apple-oss-distributions/xnu; all of it is big-endian.
const SUPER_BLOB_MAGIC = 0xfade0cc0;
const CODE_DIRECTORY_MAGIC = 0xfade0c02;
const CODE_DIRECTORY_VERSION = 0x20400;
const FLAGS_ADHOC_LINKER_SIGNED = 0x20002;
const SUPER_BLOB_SIZE = 20;
const CODE_DIRECTORY_SIZE = 88;
const HASH_SIZE = 32;
const HASH_SHA256 = 2;
const PAGE_SHIFT = 12;
const PAGE_SIZE = 1 << PAGE_SHIFT;
const EXECUTABLE_MAIN = 1n;
// The name that Rust's linker gives to what it signs ad hoc, and Deno's tool keeps; with its closing zero.
const IDENTIFIER = new TextEncoder().encode("a.out\0");

/**
 * Signs a Mach-O file ad hoc, as its linker did: a hash of each page of 4096 bytes, no certificate. The place of the signature is the one that the
 * file's own load command names; everything from there on is replaced.
 *
 * @param macho The file, changed in place: the sizes of its signature and of `__LINKEDIT`.
 * @returns The whole file with its new signature, a copy.
 * @throws {EngineError} `bad_file` when it has no load command for a signature, or one that points outside of the file.
 */
export function signAdHoc(macho: MachO): Uint8Array {
  const { file } = macho;
  const command = onlyCommand(macho, LOAD_COMMAND.codeSignature, 16);
  const codeEnd = file.u32(command.offset + 8, "the offset of the signature");
  file.check(0, codeEnd, "the signed part");
  const linkEdit = namedSegment(macho, "__LINKEDIT");
  const pages = Math.ceil(codeEnd / PAGE_SIZE);
  const hashes = CODE_DIRECTORY_SIZE + IDENTIFIER.length;
  const directorySize = hashes + pages * HASH_SIZE;
  const size = SUPER_BLOB_SIZE + directorySize;

  // These are in the first page, so they change before the hashes are taken.
  file.setU32(command.offset + 12, size, "the size of the signature");
  file.setU64(linkEdit.offset + 32, codeEnd + size - linkEdit.fileOffset, "the size of __LINKEDIT in memory");
  file.setU64(linkEdit.offset + 48, codeEnd + size - linkEdit.fileOffset, "the size of __LINKEDIT");

  const signed = new Uint8Array(codeEnd + size);
  signed.set(file.slice(0, codeEnd, "the signed part"));
  const blob = new DataView(signed.buffer, codeEnd, size);
  [SUPER_BLOB_MAGIC, size, 1, 0, SUPER_BLOB_SIZE].forEach((value, index) => blob.setUint32(index * 4, value));
  writeCodeDirectory(blob, { macho, codeEnd, pages, directorySize });
  signed.set(IDENTIFIER, codeEnd + SUPER_BLOB_SIZE + CODE_DIRECTORY_SIZE);
  for (let page = 0; page < pages; page++) {
    const end = Math.min((page + 1) * PAGE_SIZE, codeEnd);
    const hash = createHash("sha256").update(signed.subarray(page * PAGE_SIZE, end)).digest();
    signed.set(hash, codeEnd + SUPER_BLOB_SIZE + hashes + page * HASH_SIZE);
  }
  return signed;
}

function writeCodeDirectory(
  blob: DataView,
  { macho, codeEnd, pages, directorySize }: { macho: MachO; codeEnd: number; pages: number; directorySize: number },
): void {
  const text = namedSegment(macho, "__TEXT");
  const specialSlots = 0;
  const fields = [
    CODE_DIRECTORY_MAGIC,
    directorySize,
    CODE_DIRECTORY_VERSION,
    FLAGS_ADHOC_LINKER_SIGNED,
    CODE_DIRECTORY_SIZE + IDENTIFIER.length,
    CODE_DIRECTORY_SIZE,
    specialSlots,
    pages,
    codeEnd,
  ];
  fields.forEach((value, index) => blob.setUint32(SUPER_BLOB_SIZE + index * 4, value));
  const platform = 0;
  [HASH_SIZE, HASH_SHA256, platform, PAGE_SHIFT].forEach((value, index) =>
    blob.setUint8(SUPER_BLOB_SIZE + 36 + index, value)
  );
  // Bytes 40 to 63 stay zero: no scatter vector, no team, and the 64-bit end that only files above 4 GiB need.
  blob.setBigUint64(SUPER_BLOB_SIZE + 64, BigInt(text.fileOffset));
  blob.setBigUint64(SUPER_BLOB_SIZE + 72, BigInt(text.fileSize));
  blob.setBigUint64(SUPER_BLOB_SIZE + 80, EXECUTABLE_MAIN);
}
