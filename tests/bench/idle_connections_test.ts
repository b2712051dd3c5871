import assert from "node:assert/strict";
import { openIdle } from "./idle_connections.ts";

function serveHealth(respond: () => Response): { url: string } & AsyncDisposable {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, respond);
  return { url: `http://127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("openIdle asks on each connection, once when it is opened and once when it is checked", async () => {
  let asked = 0;
  await using server = serveHealth(() => Response.json({ status: "ok", asked: asked++ }));
  using idle = await openIdle(server.url, 5);
  assert.equal(asked, 5);
  await idle.check();
  assert.equal(asked, 10);
});

Deno.test("openIdle fails where a connection is closed, or gets another answer", async () => {
  let healthy = true;
  await using server = serveHealth(() =>
    healthy ? Response.json({}) : new Response("{}", { status: 503, headers: { connection: "close" } })
  );
  using idle = await openIdle(server.url, 2);
  healthy = false;
  await assert.rejects(idle.check(), /An idle connection got HTTP\/1\.1 503/);
  healthy = true;
  await assert.rejects(idle.check(), /An idle connection was closed|Broken pipe|reset/);
});
