import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeSpeed, decodeSpeedByServer, firstTokenMs } from "./answer_metrics.ts";
import { eachLine, streamAnswer, type StreamedAnswer, takeLine } from "./stream_client.ts";

function emptyAnswer(): StreamedAnswer {
  return { started: 0, ended: 0, times: [], promptTokens: 0, completionTokens: 0 };
}

function chunk(delta: Record<string, unknown>, more: Record<string, unknown> = {}): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta }], ...more })}`;
}

const TIMINGS = { prompt_n: 7, prompt_ms: 10, predicted_n: 3, predicted_ms: 20 };

Deno.test("eachLine hands out the same lines however the stream is cut", () => {
  fc.assert(fc.property(fc.string(), fc.array(fc.nat(40), { maxLength: 20 }), (text, cuts) => {
    const lines: string[] = [];
    let rest = "";
    let at = 0;
    for (const length of [...cuts, text.length]) {
      rest = eachLine(rest + text.slice(at, at + length), (line) => lines.push(line));
      at += length;
    }
    const expected = text.split("\n");
    assert.equal(rest, expected.pop());
    assert.deepEqual(lines, expected.filter((line) => line !== ""));
  }));
});

Deno.test("takeLine counts a chunk exactly when it has text, whatever the text is", () => {
  const tricky = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom('"content":"', '"usage":{', '"timings":{"x"', "\n"),
  );
  fc.assert(fc.property(tricky, (content) => {
    const answer = emptyAnswer();
    assert.equal(takeLine(answer, chunk({ content })), content !== "");
    assert.equal(answer.times.length, content === "" ? 0 : 1);
    assert.equal(answer.timings, undefined);
  }));
});

Deno.test("takeLine takes no role, no null and no comment for text", () => {
  const answer = emptyAnswer();
  for (const line of [chunk({ role: "assistant", content: null }), ": ping", "", "data: [DONE]", chunk({})]) {
    assert.equal(takeLine(answer, line), false, line);
  }
  assert.equal(answer.times.length, 0);
});

Deno.test("takeLine reads usage and timings wherever they come", () => {
  const answer = emptyAnswer();
  takeLine(answer, chunk({}, { timings: TIMINGS, usage: null }));
  takeLine(answer, chunk({}, { usage: { prompt_tokens: 7, completion_tokens: 3 } }));
  assert.deepEqual(answer.timings, TIMINGS);
  assert.deepEqual([answer.promptTokens, answer.completionTokens], [7, 3]);
});

Deno.test("takeLine throws what a stream says of its failure", () => {
  assert.throws(() => takeLine(emptyAnswer(), 'data: {"error":{"message":"out of cells"}}'), /out of cells/);
});

Deno.test("streamAnswer times a stream, counts its tokens and asks for usage", async () => {
  let body: unknown;
  await using server = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
    body = await request.json();
    const lines = [
      chunk({ role: "assistant", content: "" }),
      ...["Grüße", " 🌊"].map((content) => chunk({ content })),
      chunk({}, { timings: TIMINGS }),
      "data: [DONE]",
    ];
    return new Response(ReadableStream.from(cut(lines.join("\n\n") + "\n\n")));
  });
  const answer = await streamAnswer(`http://127.0.0.1:${server.addr.port}`, { max_tokens: 3 });
  assert.deepEqual(body, { max_tokens: 3, stream: true, stream_options: { include_usage: true } });
  assert.equal(answer.times.length, 2);
  assert.equal(answer.completionTokens, 3);
  assert.equal(decodeSpeedByServer(answer), 100);
  assert.ok(firstTokenMs(answer) > 0 && decodeSpeed(answer) > 0);
  assert.ok(answer.ended >= (answer.times.at(-1) ?? Infinity));
});

Deno.test("streamAnswer gives what came until its signal, and a refusal's text", async () => {
  const { promise: left, resolve } = Promise.withResolvers<void>();
  await using server = Deno.serve({ port: 0, onListen: () => {} }, async (request) => {
    const { refuse } = await request.json();
    if (refuse) return new Response("no such field", { status: 400 });
    return new Response(ReadableStream.from(endless(resolve)));
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  await assert.rejects(streamAnswer(url, { refuse: true }), /answered 400: no such field/);
  const leave = new AbortController();
  const onText = (chunks: number): void => void (chunks === 5 && leave.abort());
  const answer = await streamAnswer(url, {}, { signal: leave.signal, onText });
  assert.ok(answer.times.length >= 5);
  assert.equal(answer.completionTokens, answer.times.length);
  await left;
});

/** Pieces of seven bytes, with a moment between them: characters are cut in two. */
async function* cut(text: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += 7) {
    yield bytes.slice(at, at + 7);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Text until the client leaves. */
async function* endless(onLeave: () => void): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    while (true) {
      yield new TextEncoder().encode(chunk({ content: "x" }) + "\n\n");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  } finally {
    onLeave();
  }
}
