import { isList, isMap, type Value } from "./values.ts";

/** Which values a template looked at while it was rendered, and how: what it can do is told by that. */
export class UseLog {
  readonly #used = new Set<Value>();
  readonly #operations = new Map<Value, Set<string>>();

  /** Notes that a value was looked at; `operation` names a filter or an access. */
  note(value: Value, operation?: string): void {
    this.#used.add(value);
    if (operation === undefined) return;
    const operations = this.#operations.get(value) ?? new Set();
    this.#operations.set(value, operations.add(operation));
  }

  /** Notes a value and all that is in it. */
  noteDeeply(value: Value): void {
    this.note(value);
    if (isList(value)) { for (const item of value.value) this.noteDeeply(item); }
    else if (isMap(value)) { for (const item of value.value.values()) this.noteDeeply(item); }
  }

  /** Whether a value was looked at. */
  has(value: Value | undefined): boolean {
    return value !== undefined && this.#used.has(value);
  }

  /** Whether a value was used in this way. */
  did(value: Value | undefined, operation: string): boolean {
    return value !== undefined && (this.#operations.get(value)?.has(operation) ?? false);
  }
}
