import assert from "node:assert/strict";
import { defaultModelFile, LLAMAFILE, runPackllama } from "../built.ts";
import { makeScratch } from "../lib/container/scratch.ts";
import { type ServerProcess, startLlamafile } from "../server_process.ts";

const RULES = ["sea", "winds", "ships", "maps", "stars", "birds", "trees", "bread"].map((what, i) =>
  `Rule ${i}: when a visitor asks about shelf ${i}, say that it holds books on the ${what}, for ${i + 3} weeks at most.`
);
const SYSTEM = `You are the keeper of a small library in a harbour town. ${RULES.join(" ")}`;
/** Its answer is so clear that the last bits of the numbers, which differ with how a prompt is cut into batches, do not decide it. */
const QUESTION = "Repeat after me: one two three four five six seven eight.";
const SMALL = ["-c", "2048", "--parallel", "2"];

interface Answer {
  text: string;
  promptTokens: number;
  cachedTokens: number;
}

async function ask({ url }: ServerProcess, question: string, system = SYSTEM): Promise<Answer> {
  const messages = [{ role: "system", content: system }, { role: "user", content: question }];
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages, max_tokens: 8, temperature: 0 }),
  });
  const { choices: [choice], usage } = await response.json();
  return {
    text: choice.message.content,
    promptTokens: usage.prompt_tokens,
    cachedTokens: usage.prompt_tokens_details.cached_tokens,
  };
}

Deno.test("a packed system prompt is cached on the very first request, whose text is that of a file without it", async () => {
  using scratch = makeScratch();
  const output = scratch.path("warm.llamafile");
  const prompt = scratch.write("system.txt", `${SYSTEM}\n`);
  const packed = await runPackllama(["pack", defaultModelFile(), "--warm", prompt, "-o", output]);
  assert.equal(packed.code, 0, packed.stderr);
  const tokens = Number(/Computed .*: (\d+) tokens/.exec(packed.stderr)?.[1]);
  assert.ok(tokens > 200, packed.stderr);
  assert.deepEqual(scratch.names(), ["system.txt", "warm.llamafile"], "nothing else is left");
  assert.equal((await runPackllama(["verify", output])).code, 0);
  assert.match((await runPackllama(["inspect", output])).stdout, /stored +warm\.state/);

  await using cold = await startLlamafile(LLAMAFILE, { args: SMALL });
  const expected = await ask(cold, QUESTION);
  assert.equal(expected.cachedTokens, 0);
  for (const args of [[], ["--kv-unified", "off"], ["--cache-ram", "0"]]) {
    await using warm = await startLlamafile(output, { args: [...SMALL, ...args] });
    const found = await ask(warm, QUESTION);
    assert.deepEqual(found, { ...expected, cachedTokens: tokens }, args.join(" "));
    assert.ok((await ask(warm, "\nHello")).cachedTokens >= tokens, "whatever the user begins with");
    assert.ok((await ask(warm, "Hello", "Be brief.")).cachedTokens < 10, "another system prompt");
  }
  await using other = await startLlamafile(output, { args: [...SMALL, "-ctk", "q8_0"] });
  assert.equal((await ask(other, QUESTION)).cachedTokens, 0, "other settings, other numbers");
  assert.doesNotMatch(other.stderr(), /warning|error/);

  await using itself = await startLlamafile(output, { args: [...SMALL, "-m", output] });
  assert.equal((await ask(itself, QUESTION)).cachedTokens, tokens, "named by its path");
  await using foreign = await startLlamafile(LLAMAFILE, { args: [...SMALL, "-m", output] });
  assert.deepEqual(await ask(foreign, QUESTION), expected, "another executable does not trust it");
  assert.match(foreign.stderr(), /^warning: server: Passing over the KV state packed in ".*warm\.llamafile": /m);
});

Deno.test("--prompt-cache refuses a file of another kind, and leaves it as it is", async () => {
  using scratch = makeScratch();
  const notes = scratch.write("notes.txt", "Dear diary");
  const { code, stderr } = await runPackllama(["--prompt-cache", notes, "--port", "0"], { executable: LLAMAFILE });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^error: Cannot keep KV states in ".*notes\.txt": .* begins with "Dear dia", expected "PLSTATES"; /m,
  );
  assert.equal(Deno.readTextFileSync(notes), "Dear diary");
});

Deno.test("pack says why a system prompt cannot be computed, and leaves nothing", async () => {
  using scratch = makeScratch();
  const output = scratch.path("warm.llamafile");
  const pack = async (warm: string): Promise<string> => {
    const { code, stderr } = await runPackllama(["pack", defaultModelFile(), "--warm", warm, "-o", output]);
    assert.equal(code === 0, false);
    return stderr;
  };
  assert.match(await pack(scratch.path("missing.txt")), /^error: Cannot read ".*missing\.txt": /);
  assert.match(await pack(scratch.write("empty.txt", "\n")), /error: Cannot pack a warm system prompt: only the first/);
  assert.deepEqual(scratch.names(), ["empty.txt"]);
});

Deno.test("--prompt-cache outlives the server, and whatever ends it leaves a whole file", async (test) => {
  using scratch = makeScratch();
  const cache = scratch.path("prompts");
  const args = [...SMALL, "--prompt-cache", cache];
  let first: Answer | undefined;
  await test.step("SIGTERM writes it, and the next server goes on from it", async () => {
    await using before = await startLlamafile(LLAMAFILE, { args });
    first = await ask(before, QUESTION);
    assert.equal(first.cachedTokens, 0);
    assert.equal((await before.stop("SIGTERM")).code, 0);
    await using after = await startLlamafile(LLAMAFILE, { args });
    assert.deepEqual(await ask(after, QUESTION), { ...first, cachedTokens: first.promptTokens - 1 });
    assert.ok((await ask(after, "What is on shelf 5?")).cachedTokens > 200);
  });
  await test.step("kill -9 leaves the old one or the new one", async () => {
    for (const ms of [0, 5, 20]) {
      await using server = await startLlamafile(LLAMAFILE, { args });
      await ask(server, `What of ${ms} ships?`);
      server.process.kill("SIGTERM");
      await new Promise((resolve) => setTimeout(resolve, ms));
      await server.stop("SIGKILL");
      await using next = await startLlamafile(LLAMAFILE, { args });
      assert.ok((await ask(next, QUESTION)).cachedTokens > 200);
      await next.stop("SIGKILL");
      assert.equal(next.stderr().includes("warning"), false, next.stderr());
    }
  });
  await test.step("a flipped bit is noticed, and the prompt computed", async () => {
    const bytes = Deno.readFileSync(cache);
    const at = Math.floor(bytes.length * 0.7);
    bytes[at] = (bytes[at] ?? 0) ^ 16;
    Deno.writeFileSync(cache, bytes);
    await using server = await startLlamafile(LLAMAFILE, { args });
    assert.deepEqual(await ask(server, QUESTION), first);
    await server.stop("SIGTERM");
    assert.match(server.stderr(), /warning: .*Cannot use the KV states in ".*prompts": .*SHA-256/);
    await using after = await startLlamafile(LLAMAFILE, { args });
    assert.ok((await ask(after, QUESTION)).cachedTokens > 200, "it was written anew");
  });
});
