/** The .llamafile format: reading, packing, inspecting and verifying executables that are also ZIPs. */
export { type ByteSource, memorySource, openByteSource } from "./byte_source.ts";
export { executableTarget } from "./executable.ts";
export { formatInspection } from "./format_inspection.ts";
export type { FileRange } from "./copy_bytes.ts";
export { hashRange } from "./hash_range.ts";
export { inspect, type InspectedEntry, type InspectedModel, type Inspection } from "./inspect.ts";
export {
  ARGS_NAME,
  type ArgsLines,
  type Llamafile,
  type ModelFile,
  openLlamafile,
  openModelFile,
  type OpenOptions,
  WARM_NAME,
  type WeightsRange,
} from "./llamafile.ts";
export {
  ENGINE_RELEASE,
  FORMAT_VERSION,
  type Manifest,
  MANIFEST_NAME,
  type ManifestEntry,
  PACKLLAMA_VERSION,
} from "./manifest.ts";
export { MODEL_CARD_NAME, pack, type PackOptions, type PackResult } from "./pack.ts";
export { type Verification, type VerifiedEntry, verify, type VerifyOptions } from "./verify.ts";
export { entryStream, readEntry } from "./zip_entry_data.ts";
export type { ZipMethod } from "./zip_format.ts";
export { readZip, type ZipEntry } from "./zip_reader.ts";
export { centralDirectory, localHeader, paddableOffset, type ZipRecord } from "./zip_writer.ts";
