/**
 * A queue in which clients take turns, each served in the order of its own requests: one that sends a hundred does not keep another's one
 * waiting behind them. Clients may be grouped: then the groups take turns, and within each its clients.
 */
export class FairQueue<T> {
  /** Of a queue that is not divided further. */
  readonly #items: T[] = [];
  /** In the order of their turns, none empty. */
  readonly #clients = new Map<string, FairQueue<T>>();

  /**
   * Adds an item behind the others of its client.
   *
   * @param client Its name, behind that of its group where there are groups: as many names for each item.
   */
  push(item: T, [name, ...rest]: readonly string[]): void {
    if (name === undefined) return void this.#items.push(item);
    const client = this.#clients.get(name) ?? new FairQueue<T>();
    client.push(item, rest);
    this.#clients.set(name, client);
  }

  /** Takes an item out, wherever it is; its client keeps its turn unless it was the last. */
  remove(item: T): boolean {
    const at = this.#items.indexOf(item);
    if (at >= 0) return this.#items.splice(at, 1).length > 0;
    for (const [name, client] of this.#clients) {
      if (!client.remove(item)) continue;
      if (client.empty) this.#clients.delete(name);
      return true;
    }
    return false;
  }

  /** Takes an item that has its turn; its client goes behind the others. False when it is not there. */
  take(item: T): boolean {
    for (const [name, client] of this.#clients) {
      if (!client.take(item)) continue;
      this.#clients.delete(name);
      if (!client.empty) this.#clients.set(name, client);
      return true;
    }
    return this.remove(item);
  }

  /** The items in the order in which they have their turns: the first of each client, then the second of each. */
  *[Symbol.iterator](): Generator<T> {
    yield* this.#items;
    const queues = [...this.#clients.values()].map((client) => [...client]);
    for (let round = 0; queues.some((items) => round < items.length); round++) {
      for (const items of queues) {
        const item = items[round];
        if (item !== undefined) yield item;
      }
    }
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#items.length === 0 && this.#clients.size === 0;
  }
}
