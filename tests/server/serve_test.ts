import assert from "node:assert/strict";
import { EngineError } from "../../lib/errors.ts";
import { type RunningServer, serve, type ServeOptions } from "../../server/serve.ts";
import { answer, endless, failAfter, FakeEngine, gated, hangAfter } from "./fake_engine.ts";
import { appOver, eventData, MESSAGES } from "./requests.ts";
import { within } from "./within.ts";

const ANY: ServeOptions = { hostname: "127.0.0.1", port: 0, portGiven: true };

Deno.test("server writes each token at once", async () => {
  const { script, open } = gated(["a", "b", "c"]);
  await using server = await running(new FakeEngine(script));
  open();
  const response = await ask(server, { stream: true });
  const reader = texts(response);
  await reader.until('"content":"a"');
  open();
  await reader.until('"content":"b"');
  open();
  await reader.until("[DONE]");
  await reader.rest();
});

Deno.test("server sends streams uncompressed and marked as such to a client that takes gzip", async () => {
  await using server = await running(new FakeEngine());
  const response = await ask(server, { stream: true }, { headers: { "accept-encoding": "gzip, br" } });
  assert.equal(response.headers.get("content-encoding"), null);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(eventData(await response.text()).at(-1), "[DONE]");
});

Deno.test("server aborts the engine when a streaming client disconnects", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  await using server = await running(engine);
  const client = new AbortController();
  const response = await ask(server, { stream: true }, { signal: client.signal });
  const reader = texts(response);
  await reader.until('"content":"a"');
  const call = await within(engine.call());
  assert.equal(call.signal.aborted, false);
  client.abort();
  await within(call.aborted);
  await within(call.ended);
});

Deno.test("server aborts the engine when a waiting client disconnects", async () => {
  for (const body of [{ stream: true }, { stream: false }]) {
    const engine = new FakeEngine(hangAfter([]));
    await using server = await running(engine);
    const client = new AbortController();
    const pending = assert.rejects(ask(server, body, { signal: client.signal }), { name: "AbortError" });
    const call = await within(engine.call());
    client.abort();
    await pending;
    await within(call.aborted);
    await within(call.ended);
  }
});

Deno.test("server aborts the engine when a client that sent its body in chunks disconnects", async () => {
  const engine = new FakeEngine(hangAfter([]));
  await using server = await running(engine);
  const body = JSON.stringify({ messages: MESSAGES });
  const connection = await Deno.connect({ hostname: server.hostname, port: server.port });
  await connection.write(new TextEncoder().encode(
    `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${
      body.length.toString(16)
    }\r\n${body}\r\n0\r\n\r\n`,
  ));
  const call = await within(engine.call());
  connection.close();
  await within(call.aborted);
  await within(call.ended);
});

Deno.test("server does not abort the engine after an answer that went well", async () => {
  const engine = new FakeEngine();
  await using server = await running(engine);
  for (const stream of [true, false]) await (await ask(server, { stream })).text();
  await server.shutdown();
  for (const call of engine.calls) {
    await within(call.ended);
    assert.equal(call.signal.aborted, false);
  }
});

Deno.test("server holds the engine back for a client that does not read, and frees it when that one leaves", async () => {
  const engine = new FakeEngine(endless("x".repeat(64 * 1024)));
  await using server = await running(engine);
  const connection = await send(
    server,
    "POST /v1/chat/completions",
    JSON.stringify({ messages: MESSAGES, stream: true }),
  );
  const call = await within(engine.call());
  const stalled = await settles(() => call.events);
  assert.ok(stalled < 1000, `${stalled} events of 64 KiB were taken for a client that reads nothing`);
  assert.equal(call.signal.aborted, false);
  connection.close();
  await within(call.aborted);
  await within(call.ended);
});

Deno.test("server answers several requests at once", async () => {
  const { script, open } = gated(["a"]);
  let asked = 0;
  const engine = new FakeEngine((input, signal) =>
    ++asked === 1 ? script(input, signal) : answer(["b"])(input, signal)
  );
  await using server = await running(engine);
  const first = ask(server, {});
  await within(engine.call(0));
  const second = await (await ask(server, {})).json();
  assert.equal(second.choices[0].message.content, "b");
  open();
  assert.equal((await (await first).json()).choices[0].message.content, "a");
});

Deno.test("server refuses a body above the limit that does not say its length", async () => {
  await using server = await running(new FakeEngine());
  const piece = new Uint8Array(2 ** 20).fill(32);
  let left = 17;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => left-- > 0 ? controller.enqueue(piece) : controller.close(),
  });
  const response = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", body });
  assert.equal(response.status, 413);
  assert.equal((await response.json()).error.code, "request_too_large");
});

Deno.test("server takes the next free port unless the port was given", async () => {
  await using first = await running(new FakeEngine());
  const { port } = first;
  await using second = await running(new FakeEngine(), { ...ANY, port, portGiven: false });
  assert.ok(second.port > port && second.port <= port + 100, `${second.port}`);
  assert.equal(second.url, `http://127.0.0.1:${second.port}`);
  await assert.rejects(
    serve(appOver(new FakeEngine()), { ...ANY, port, portGiven: true }),
    (error) => error instanceof EngineError && error.code === "io" && error.message.includes(`port ${port} is in use`),
  );
});

Deno.test("server says which address it cannot listen on", async () => {
  await assert.rejects(
    serve(appOver(new FakeEngine()), { hostname: "203.0.113.1", port: 18080, portGiven: false }),
    (error) => error instanceof EngineError && error.code === "io" && /203\.0\.113\.1 port 18080/.test(error.message),
  );
});

Deno.test("server bound to every address names one that a client can open", async () => {
  await using server = await running(new FakeEngine(), { ...ANY, hostname: "0.0.0.0" });
  assert.equal(server.url, `http://127.0.0.1:${server.port}`);
  assert.equal((await fetch(`${server.url}/health`).then((response) => response.json())).status, "ok");
});

Deno.test("server lets a running request end on shutdown and accepts no other", async () => {
  const { script, open } = gated(["a"]);
  const engine = new FakeEngine(script);
  const server = await serve(appOver(engine), ANY);
  const running = ask(server, {});
  await within(engine.call());
  const over = server.shutdown();
  await assert.rejects(fetch(`${server.url}/health`), TypeError);
  open();
  assert.equal((await (await running).json()).choices[0].message.content, "a");
  await over;
  await within(server.finished);
  await server.shutdown();
});

Deno.test("server aborts what still runs at the end of its patience, and says so", async () => {
  const engine = new FakeEngine(hangAfter(["a"]));
  const server = await serve(appOver(engine), { ...ANY, drainMs: 20 });
  const stream = await ask(server, { stream: true });
  const waiting = ask(server, { stream: false });
  await within(engine.call(1));
  await server.shutdown();
  const data = eventData(await within(stream.text()));
  assert.equal(JSON.parse(data.at(-1) ?? "").error.code, "cancelled");
  const refused = await within(waiting);
  assert.equal(refused.status, 503);
  await refused.body?.cancel();
  await within(server.finished);
});

Deno.test("server does not wait on shutdown for a client that does not read", async () => {
  const engine = new FakeEngine(endless("x".repeat(64 * 1024)));
  const server = await serve(appOver(engine), { ...ANY, drainMs: 20 });
  const connection = await send(
    server,
    "POST /v1/chat/completions",
    JSON.stringify({ messages: MESSAGES, stream: true }),
  );
  const call = await within(engine.call());
  await within(server.shutdown());
  await within(call.aborted);
  connection.close();
  await within(server.finished);
});

Deno.test("server tells the engine who asks: the address, and the user that it names", async () => {
  const engine = new FakeEngine();
  await using server = await running(engine);
  for (const user of ["ann", undefined, 5, ""]) await (await ask(server, { user })).text();
  const clients = engine.calls.map((call) => call.input.client);
  const address = "127.0.0.1";
  assert.deepEqual(clients, [{ address, user: "ann" }, { address }, { address }, { address, user: "" }]);
});

Deno.test("server answers 503 with Retry-After when the queue is full", async () => {
  const full = new EngineError("overloaded", "The queue is full");
  await using server = await running(new FakeEngine(failAfter([], full)));
  for (const stream of [false, true]) {
    const response = await ask(server, { stream });
    assert.deepEqual([response.status, response.headers.get("retry-after")], [503, "1"]);
    assert.equal((await response.json()).error.code, "overloaded");
  }
});

Deno.test("server answers 400 to a Host header that is none", async () => {
  await using server = await running(new FakeEngine());
  for (const host of ["a b", "[", "<script>", "a:99999"]) {
    const connection = await send(server, "GET /", "", { host });
    const answer = await new Response(connection.readable).text();
    assert.match(answer, /^HTTP\/1\.1 400 [^]*"code":"invalid_host"/, host);
  }
});

Deno.test("server answers 500 when what is thrown is no Error", async () => {
  await using server = await running(new FakeEngine(failAfter([], "secret")));
  const response = await ask(server, {});
  assert.equal(response.status, 500);
  assert.equal((await response.json()).error.code, "internal");
});

Deno.test("server closes idle connections on shutdown", async () => {
  const server = await serve(appOver(new FakeEngine()), ANY);
  await (await fetch(`${server.url}/health`)).text();
  const started = performance.now();
  await server.shutdown();
  assert.ok(performance.now() - started < 5000, "an idle connection held the shutdown up");
});

async function running(engine: FakeEngine, options: ServeOptions = ANY): Promise<RunningServer & AsyncDisposable> {
  const server = await serve(appOver(engine), { drainMs: 100, ...options });
  return { ...server, [Symbol.asyncDispose]: () => server.shutdown() };
}

async function ask(server: RunningServer, body: Record<string, unknown>, init: RequestInit = {}): Promise<Response> {
  return await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages: MESSAGES, ...body }),
    ...init,
  });
}

/** Sends a request by hand over a connection of its own, which is left open to read from or to close. */
async function send(
  server: RunningServer,
  line: string,
  body: string,
  { host = "x" }: { host?: string } = {},
): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: server.hostname, port: server.port });
  const head = `${line} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head + body));
  return connection;
}

/** Reads a response's text as far as a test wants to see it. */
function texts(response: Response): { until(part: string): Promise<void>; rest(): Promise<void> } {
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    async until(part): Promise<void> {
      while (!text.includes(part)) {
        const { done, value } = await reader.read();
        if (done) assert.fail(`The stream ended without ${part}: ${text}`);
        text += value;
      }
    },
    async rest(): Promise<void> {
      while (!(await reader.read()).done);
    },
  };
}

/** Waits until a count has stopped to grow: three looks in a row see the same. */
async function settles(count: () => number): Promise<number> {
  let seen = -1;
  let same = 0;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    same = count() === seen ? same + 1 : 0;
    seen = count();
    if (same === 3) return seen;
  }
}
