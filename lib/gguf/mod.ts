/** Reading GGUF model files: header, metadata, tensors, and what they say of the model. */
export { checkAdapter } from "./check_adapter.ts";
export { checkDraft } from "./check_draft.ts";
export { describeModel, kvBytesPerToken, type ModelFacts } from "./describe_model.ts";
export { bytesPerElement, fileTypeName, type GgmlType, ggmlType } from "./ggml_type.ts";
export type { GgufTensor } from "./gguf_tensor.ts";
export {
  type GgufArray,
  type GgufElementType,
  type GgufScalar,
  type GgufType,
  type GgufValue,
  isGgufArray,
} from "./gguf_value.ts";
export { type Gguf, isGguf, readGguf, readGgufArray, readGgufElement } from "./read_gguf.ts";
