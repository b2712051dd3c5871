/** Connections of clients that asked once and are waiting. */
export interface IdleConnections extends Disposable {
  /** Has each of them ask again: they were open all the time. */
  check(): Promise<void>;
}

const REQUEST = new TextEncoder().encode("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");

/**
 * Opens connections that are kept alive.
 *
 * @throws {Error} When the server does not answer on one of them, also in `check`.
 */
export async function openIdle(url: string, count: number): Promise<IdleConnections> {
  using opening = new DisposableStack();
  const { hostname, port } = new URL(url);
  const connections: Deno.TcpConn[] = [];
  const askAll = async (): Promise<void> => {
    for (const connection of connections) await ask(connection);
  };
  while (connections.length < count) {
    connections.push(opening.use(await Deno.connect({ hostname, port: Number(port) })));
  }
  await askAll();
  const stack = opening.move();
  return { check: askAll, [Symbol.dispose]: () => stack.dispose() };
}

async function ask(connection: Deno.TcpConn): Promise<void> {
  await connection.write(REQUEST);
  const buffer = new Uint8Array(4096);
  let answer = "";
  while (!/\r\n\r\n\{.*\}$/.test(answer)) {
    const read = await connection.read(buffer);
    if (read === null) throw new Error(`An idle connection was closed${answer === "" ? "" : `: ${answer}`}`);
    answer += new TextDecoder().decode(buffer.subarray(0, read));
  }
  if (!answer.startsWith("HTTP/1.1 200")) throw new Error(`An idle connection got ${answer}`);
}
