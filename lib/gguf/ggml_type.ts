/** How one ggml tensor type stores its elements. */
export interface GgmlType {
  /** As llama.cpp writes it in capitals, e.g. `Q4_K`. */
  name: string;
  /** Elements per block. */
  blockSize: number;
  /** Bytes per block. */
  typeSize: number;
}

// Number, name, elements per block, bytes per block; from `enum ggml_type` in ggml.h and the block structs of ggml-common.h (v0.4.0).
// Numbers that are missing (4, 5, 31-33, 36-38) were removed from the format.
const ROWS: readonly (readonly [number, string, number, number])[] = [
  [0, "F32", 1, 4],
  [1, "F16", 1, 2],
  [2, "Q4_0", 32, 18],
  [3, "Q4_1", 32, 20],
  [6, "Q5_0", 32, 22],
  [7, "Q5_1", 32, 24],
  [8, "Q8_0", 32, 34],
  [9, "Q8_1", 32, 36],
  [10, "Q2_K", 256, 84],
  [11, "Q3_K", 256, 110],
  [12, "Q4_K", 256, 144],
  [13, "Q5_K", 256, 176],
  [14, "Q6_K", 256, 210],
  [15, "Q8_K", 256, 292],
  [16, "IQ2_XXS", 256, 66],
  [17, "IQ2_XS", 256, 74],
  [18, "IQ3_XXS", 256, 98],
  [19, "IQ1_S", 256, 50],
  [20, "IQ4_NL", 32, 18],
  [21, "IQ3_S", 256, 110],
  [22, "IQ2_S", 256, 82],
  [23, "IQ4_XS", 256, 136],
  [24, "I8", 1, 1],
  [25, "I16", 1, 2],
  [26, "I32", 1, 4],
  [27, "I64", 1, 8],
  [28, "F64", 1, 8],
  [29, "IQ1_M", 256, 56],
  [30, "BF16", 1, 2],
  [34, "TQ1_0", 256, 54],
  [35, "TQ2_0", 256, 66],
  [39, "MXFP4", 32, 17],
  [40, "NVFP4", 64, 36],
  [41, "Q1_0", 128, 18],
  [42, "Q2_0", 64, 18],
];

const TYPES: ReadonlyMap<number, GgmlType> = new Map(
  ROWS.map(([id, name, blockSize, typeSize]) => [id, { name, blockSize, typeSize }]),
);

/** The tensor type of that number in `enum ggml_type`; undefined when this engine release has none. */
export function ggmlType(id: number): GgmlType | undefined {
  return TYPES.get(id);
}

/**
 * Bytes of one element, on average over a block, of a type by its name in any case, e.g. `q8_0`.
 *
 * @throws {RangeError} When this engine release has no such type.
 */
export function bytesPerElement(name: string): number {
  const type = [...TYPES.values()].find((type) => type.name.toLowerCase() === name.toLowerCase());
  if (type === undefined) throw new RangeError(`There is no tensor type "${name}"`);
  return type.typeSize / type.blockSize;
}

// From `enum llama_ftype` in llama.h (v0.4.0).
const FILE_TYPES: ReadonlyMap<number, string> = new Map([
  [0, "F32"],
  [1, "F16"],
  [2, "Q4_0"],
  [3, "Q4_1"],
  [7, "Q8_0"],
  [8, "Q5_0"],
  [9, "Q5_1"],
  [10, "Q2_K"],
  [11, "Q3_K_S"],
  [12, "Q3_K_M"],
  [13, "Q3_K_L"],
  [14, "Q4_K_S"],
  [15, "Q4_K_M"],
  [16, "Q5_K_S"],
  [17, "Q5_K_M"],
  [18, "Q6_K"],
  [19, "IQ2_XXS"],
  [20, "IQ2_XS"],
  [21, "Q2_K_S"],
  [22, "IQ3_XS"],
  [23, "IQ3_XXS"],
  [24, "IQ1_S"],
  [25, "IQ4_NL"],
  [26, "IQ3_S"],
  [27, "IQ3_M"],
  [28, "IQ2_S"],
  [29, "IQ2_M"],
  [30, "IQ4_XS"],
  [31, "IQ1_M"],
  [32, "BF16"],
  [36, "TQ1_0"],
  [37, "TQ2_0"],
  [38, "MXFP4_MOE"],
  [39, "NVFP4"],
  [40, "Q1_0"],
  [41, "Q2_0"],
]);

/** The quantization that `general.file_type` stands for, as file names write it, e.g. `Q4_K_M`; undefined when it is unknown. */
export function fileTypeName(fileType: number): string | undefined {
  return FILE_TYPES.get(fileType);
}
