import type { Json, JsonSchema } from "../engine/conversation.ts";
import { checkSchema } from "./check_schema.ts";
import type { Compilation } from "./compilation.ts";
import { below, isSchema, type SchemaObject } from "./schema_types.ts";

/** A schema that is referred to, and where it is. */
export interface Target {
  schema: JsonSchema;
  pointer: string;
}

/** What a document without `$id` is called inside; never shown. */
const NAMELESS = "schema:/";

/** The schemas of a document by `$ref`: pointers, anchors, and the names that `$id` gives. */
export class References {
  readonly #compilation: Compilation;
  /** The address that references in a schema are relative to. */
  readonly #bases = new Map<SchemaObject, string>();
  /** Schemas by address, with `#NAME` for anchors. */
  readonly #targets = new Map<string, Target>();

  /** @throws {EngineError} `invalid_value` when a keyword is wrong anywhere in the document. */
  constructor(root: JsonSchema, compilation: Compilation) {
    this.#compilation = compilation;
    this.#targets.set(NAMELESS, { schema: root, pointer: "" });
    this.#read({ schema: root, pointer: "" }, NAMELESS);
  }

  /**
   * What a reference in a schema refers to; undefined when it is outside of the document.
   *
   * @throws {EngineError} `invalid_value` when it should be in the document and isn't.
   */
  resolve(
    reference: string,
    { schema, pointer, keyword }: { schema: SchemaObject; pointer: string; keyword: string },
  ): Target | undefined {
    const base = this.#bases.get(schema) ?? NAMELESS;
    const [address = "", fragment = ""] = splitAt(join(reference, base));
    const resource = this.#targets.get(address);
    if (resource === undefined) return undefined;
    if (fragment === "") return resource;
    const found = fragment.startsWith("/")
      ? this.#walk(resource, decode(fragment), address)
      : this.#targets.get(`${address}#${fragment}`);
    if (found === undefined) {
      throw this.#compilation.error(
        pointer,
        `"${keyword}" is ${JSON.stringify(reference)}, which is not in the schema`,
      );
    }
    return found;
  }

  #walk(from: Target, path: string, base: string): Target | undefined {
    let value: Json = from.schema;
    let pointer = from.pointer;
    for (const escaped of path.split("/").slice(1)) {
      const step = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
      const next: Json | undefined = Array.isArray(value) ? value[Number(step)] : value[step];
      if (next === undefined) return undefined;
      value = next;
      pointer = below(pointer, step);
    }
    if (!isSchema(value)) return undefined;
    const target = { schema: value, pointer };
    // It may lie where no keyword expects a schema, such as `components`.
    if (typeof value === "object" && !this.#bases.has(value)) this.#read(target, base);
    return target;
  }

  #read({ schema, pointer }: Target, address: string): void {
    checkSchema(schema, pointer, this.#compilation, (inner, at, parent) => {
      let base = (parent === undefined ? undefined : this.#bases.get(parent)) ?? address;
      const { $id, $anchor, $dynamicAnchor } = inner;
      if (typeof $id === "string" && $id.startsWith("#")) {
        // An anchor as draft 6 and 7 write it.
        this.#targets.set(`${base}${$id}`, { schema: inner, pointer: at });
      } else if (typeof $id === "string") {
        base = splitAt(join($id, base))[0] ?? base;
        this.#targets.set(base, { schema: inner, pointer: at });
      }
      this.#bases.set(inner, base);
      for (const anchor of [$anchor, $dynamicAnchor]) {
        if (typeof anchor === "string") this.#targets.set(`${base}#${anchor}`, { schema: inner, pointer: at });
      }
    });
  }
}

/** An address as seen from another; one that is none stays as it is. */
function join(reference: string, base: string): string {
  if (reference.startsWith("#")) return `${base}${reference}`;
  return URL.canParse(reference, base) ? new URL(reference, base).href : reference;
}

function splitAt(address: string): string[] {
  const hash = address.indexOf("#");
  return hash < 0 ? [address] : [address.slice(0, hash), address.slice(hash + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray % stands for itself.
    return text;
  }
}
