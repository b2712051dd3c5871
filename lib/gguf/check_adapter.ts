import { EngineError } from "../errors.ts";
import type { GgufTensor } from "./gguf_tensor.ts";
import type { Gguf } from "./read_gguf.ts";

const SUFFIX = /\.lora_([ab])$/;
const ALPHA = "adapter.lora.alpha";
/** llama.cpp passes over a tensor like this. */
const NORM = "_norm.weight";
const EMBEDDING = "token_embd.weight";

/** The two factors of what is added to one tensor. */
interface Pair {
  a?: GgufTensor;
  b?: GgufTensor;
}

/**
 * Checks that a LoRA adapter is one, and fits a model: its tensors come in pairs whose product has the shape of a tensor of the model. What
 * is asked for follows llama-adapter.cpp (v0.4.0), and what ggml asserts when it multiplies.
 *
 * @param adapter The header of the adapter.
 * @param model The header of the model, with the tensors of all its parts.
 * @throws {EngineError} `bad_model` with the first thing that does not fit.
 */
export function checkAdapter(adapter: Gguf, model: Gguf): void {
  checkKind(adapter, model);
  const shapes = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const pairs = pairsOf(adapter);
  if (pairs.size === 0) fail(adapter, "it has no tensors");
  for (const [name, { a, b }] of pairs) {
    if (a === undefined || b === undefined) {
      return fail(adapter, `"${name}" has a lora_${a === undefined ? "b" : "a"} without its counterpart`);
    }
    const target = shapes.get(name);
    if (target === undefined) return fail(adapter, `it changes "${name}", which the model does not have`);
    const product = shapeOfProduct(name, a, b);
    if (product === undefined || product.some((dim, i) => dim !== (target.dims[i] ?? 1))) {
      fail(adapter, `its ${shape(a)} and ${shape(b)} do not make up "${name}" of ${shape(target)}`);
    }
    for (const { name, type } of [a, b]) if (/^(I\d|F64)/.test(type)) fail(adapter, `"${name}" is of type ${type}`);
    // llama.cpp would use the factors of the embedding for the output, too, where they do not fit, and end the process.
    if (name === EMBEDDING && !shapes.has("output.weight")) {
      fail(adapter, `it changes "${name}", which is the output, too`);
    }
    if (target.type === "NVFP4") fail(adapter, `it changes "${name}", which is of type NVFP4`);
  }
}

function checkKind(adapter: Gguf, model: Gguf): void {
  const expected = {
    "general.type": "adapter",
    "adapter.type": "lora",
    "general.architecture": model.metadata.get("general.architecture"),
  };
  for (const [key, value] of Object.entries(expected)) {
    const found = adapter.metadata.get(key);
    if (found === value && typeof found === "string") continue;
    const shown = typeof found === "string"
      ? JSON.stringify(found)
      : found === undefined
      ? "absent"
      : "of another type";
    fail(adapter, `its "${key}" is ${shown}, expected ${JSON.stringify(value)}`);
  }
  const type = adapter.types.get(ALPHA);
  if (type !== undefined && type !== "f32") fail(adapter, `its "${ALPHA}" is of type ${type}, expected f32`);
}

function pairsOf(adapter: Gguf): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const tensor of adapter.tensors) {
    const which = SUFFIX.exec(tensor.name)?.[1];
    if (which === undefined) {
      if (tensor.name.endsWith(NORM)) continue;
      return fail(adapter, `its tensor "${tensor.name}" is neither a .lora_a nor a .lora_b`);
    }
    const name = tensor.name.replace(SUFFIX, "");
    const pair = pairs.get(name) ?? {};
    pairs.set(name, pair);
    if (which === "a") pair.a = tensor;
    else pair.b = tensor;
  }
  return pairs;
}

/** The shape that the product has; undefined when the two cannot be multiplied. */
function shapeOfProduct(name: string, { dims: a }: GgufTensor, { dims: b }: GgufTensor): number[] | undefined {
  const size = (dims: number[], i: number): number => dims[i] ?? 1;
  if ([2, 3].some((i) => size(a, i) !== size(b, i))) return undefined;
  const outer = [size(a, 2), size(a, 3)];
  // Rows of the embedding are looked up, so there the factors lie the other way round.
  if (name.endsWith(EMBEDDING)) {
    return size(a, 0) === size(b, 0) ? [size(b, 1), size(a, 1), ...outer] : undefined;
  }
  return size(a, 1) === size(b, 0) ? [size(a, 0), size(b, 1), ...outer] : undefined;
}

function shape({ dims }: GgufTensor): string {
  return dims.join(" × ");
}

function fail(adapter: Gguf, found: string): never {
  throw new EngineError(
    "bad_model",
    `Cannot use the LoRA adapter "${adapter.source.name}": ${found}; it must be made for this model`,
  );
}
