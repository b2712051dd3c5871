/** A `fetch` for a client, and what the server said of its requests. */
export interface NotingFetch {
  fetch: typeof fetch;
  /** The parameters that were sent and not taken, by the header in which the server names them. */
  ignored: Set<string>;
}

/** Sends a client's requests as they are, and notes in which of them something was dropped. */
export function notingFetch(): NotingFetch {
  const ignored = new Set<string>();
  return {
    ignored,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const names = response.headers.get("x-ignored-parameters");
      for (const name of names?.split(", ") ?? []) ignored.add(name);
      return response;
    },
  };
}
