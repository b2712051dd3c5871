/**
 * A queue in which clients take turns, each served in the order of its own requests: one that sends a hundred does not keep another's one
 * waiting behind them.
 */
export class FairQueue<T> {
  /** Clients in the order of their turns, each with at least one item. */
  readonly #clients = new Map<string, T[]>();

  /** Adds an item behind the others of its client. */
  push(item: T, client: string): void {
    const items = this.#clients.get(client);
    if (items === undefined) this.#clients.set(client, [item]);
    else items.push(item);
  }

  /** Takes an item out, wherever it is; its client keeps its turn unless it was the last. */
  remove(item: T): boolean {
    for (const [client, items] of this.#clients) {
      const at = items.indexOf(item);
      if (at < 0) continue;
      items.splice(at, 1);
      if (items.length === 0) this.#clients.delete(client);
      return true;
    }
    return false;
  }

  /** Takes an item that has its turn; its client goes behind the others. */
  take(item: T): void {
    for (const [client, items] of this.#clients) {
      const at = items.indexOf(item);
      if (at < 0) continue;
      items.splice(at, 1);
      this.#clients.delete(client);
      if (items.length > 0) this.#clients.set(client, items);
      return;
    }
  }

  /** The items in the order in which they have their turns: the first of each client, then the second of each. */
  *[Symbol.iterator](): Generator<T> {
    const queues = [...this.#clients.values()].map((items) => [...items]);
    for (let round = 0; queues.some((items) => round < items.length); round++) {
      for (const items of queues) {
        const item = items[round];
        if (item !== undefined) yield item;
      }
    }
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#clients.size === 0;
  }
}
