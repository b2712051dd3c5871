import assert from "node:assert/strict";
import { join } from "node:path";
import { hashFile } from "../../lib/hash_file.ts";
import { ChatCompletion, type Receipt } from "../../server/schemas/mod.ts";
import { defaultModelFile, LLAMAFILE, type Outcome, PACKLLAMA, runPackllama } from "../built.ts";
import { startLlamafile } from "../server_process.ts";

const ARGS = ["-c", "2048", "-t", "1", "--parallel", "2"];
const QUESTION = {
  messages: [{ role: "user", content: "Tell me a story about a whale." }],
  temperature: 0.9,
  max_tokens: 40,
  receipt: true,
};

async function ask(url: string, body: object): Promise<Record<string, unknown> & { receipt: Receipt }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200);
  const answer = await response.json();
  ChatCompletion.parse(answer);
  return answer;
}

Deno.test("replay reproduces what a packed file answered, and says what differs", async (test) => {
  const folder = await Deno.makeTempDir();
  const save = async (name: string, value: unknown): Promise<string> => {
    const path = join(folder, name);
    await Deno.writeTextFile(path, typeof value === "string" ? value : JSON.stringify(value));
    return path;
  };
  const replay = (args: string[], executable = LLAMAFILE): Promise<Outcome> =>
    runPackllama(["replay", ...args], { executable });
  try {
    const answers = await (async () => {
      await using server = await startLlamafile(LLAMAFILE, { args: ARGS });
      const first = await ask(server.url, QUESTION);
      // Now there are a cached prefix, and text to guess from.
      const again = await ask(server.url, QUESTION);
      const long = await ask(server.url, {
        ...QUESTION,
        messages: [{ role: "user", content: `Repeat: ${"the whale sings and the sea is blue, ".repeat(60)}` }],
        max_tokens: 60,
      });
      return { first, again, long };
    })();
    const { receipt } = answers.first;

    await test.step("the receipt has the file's own hashes", async () => {
      const [weights] = receipt.model.weights;
      assert.equal(weights?.sha256, await hashFile(defaultModelFile()));
      assert.equal(receipt.engine.settings.threads, 1);
      assert.equal(receipt.engine.settings.ctx_size, 2048);
      assert.equal(receipt.engine.alone, true);
      assert.equal(receipt.packllama.target, Deno.build.target);
      assert.match(receipt.packllama.payload_sha256 ?? receipt.packllama.executable_sha256 ?? "", /^[0-9a-f]{64}$/);
      assert.ok(receipt.engine.libraries.some(({ name }) => name.includes("llama")));
      assert.notEqual(answers.again.receipt.request.sampling.seed, receipt.request.sampling.seed);
    });

    for (const [name, answer] of Object.entries(answers)) {
      await test.step(`an answer is reproduced without being told how: ${name}`, async () => {
        const { code, stdout, stderr } = await replay([await save("answer.json", answer)]);
        assert.equal(code, 0, stdout + stderr);
        assert.match(stdout, /^ok +text +\d+ characters$/m);
        assert.match(stdout, /^ok +model +SHA-256 [0-9a-f]{64}/m);
        assert.match(stdout, /^ok +settings/m);
        assert.match(stdout, /\nReproduced\n$/);
      });
    }

    await test.step("a bare receipt from standard input, and the same model as a GGUF of its own", async () => {
      const path = await save("receipt.json", receipt);
      const script = `"$0" replay - -m "$1" < "$2"`;
      const { code, stdout, stderr } = await runPackllama(["-c", script, PACKLLAMA, defaultModelFile(), path], {
        executable: "sh",
      });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^ok +text/m);
      assert.match(stdout, /^ok +executable/m);
    });

    const { request, model, answer } = receipt;
    const other = "0".repeat(64);
    const seed = (request.sampling.seed + 1) % (2 ** 32 - 1);
    const messages = [{ role: "user", content: "Tell me a story about a shark." }];
    const tampered: [string, unknown, RegExp[]][] = [
      [
        "another seed",
        { ...receipt, request: { ...request, sampling: { ...request.sampling, seed } } },
        [/^DIFFERS +sampler chain/m, /^DIFFERS +text +at character \d+: found .*, expected /m],
      ],
      [
        "another text",
        { ...receipt, answer: { ...answer, text: `${answer.text.slice(0, 10)}#${answer.text.slice(11)}` } },
        [/^DIFFERS +receipt .*was changed/m, /^DIFFERS +text +at character 10: found ".*"…?, expected ".*#.*"…?$/m],
      ],
      [
        "another model hash",
        { ...receipt, model: { ...model, weights: [{ ...model.weights[0], sha256: other }] } },
        [new RegExp(`^DIFFERS +model +found SHA-256 ${model.weights[0]?.sha256}.*, expected SHA-256 ${other}`, "m")],
      ],
      [
        "another template hash",
        { ...receipt, model: { ...model, template_sha256: other } },
        [new RegExp(`^DIFFERS +chat template +found ${model.template_sha256}, expected ${other}`, "m")],
      ],
      [
        "other messages",
        { ...receipt, request: { ...request, prompt: { kind: "chat", messages } } },
        [/^DIFFERS +prompt +at character \d+: found .*shark/m],
      ],
      [
        "another library",
        { ...receipt, engine: { ...receipt.engine, libraries: [] } },
        [/^DIFFERS +libraries +found .*, expected none/m],
      ],
      [
        "another end",
        { ...receipt, answer: { ...answer, completion_tokens: 999 } },
        [/^DIFFERS +end +found .* after \d+ tokens, expected .* after 999 tokens/m],
      ],
    ];
    for (const [what, changed, lines] of tampered) {
      await test.step(`a receipt with ${what} is not reproduced`, async () => {
        const { code, stdout, stderr } = await replay([await save("tampered.json", changed)]);
        assert.equal(code, 1, stdout + stderr);
        for (const line of lines) assert.match(stdout, line);
        assert.match(stdout, /\nNot reproduced\n$/);
        assert.match(stderr, /^error: The receipt was not reproduced, it differs in "[^\n]+"\n$/m);
      });
    }

    await test.step("other settings are told, and are no failure by themselves", async () => {
      const { stdout } = await replay([await save("answer.json", answers.first), "--ubatch-size", "256"]);
      assert.match(stdout, /^other +setting ubatch_size +found 256, expected 512$/m);
    });

    const malformed: [string, unknown, RegExp][] = [
      ["malformed JSON", "{", /not valid JSON/],
      ["a wrong type", { ...receipt, created: "today" }, /Invalid "created": expected .*, found "today"/],
      ["no receipt", { choices: [] }, /neither a receipt nor an answer/],
      [
        "a CPU variant that is none",
        { ...receipt, engine: { ...receipt.engine, cpu_variant: "z80" } },
        /The CPU variant "z80" is missing/,
      ],
    ];
    for (const [what, value, about] of malformed) {
      await test.step(`${what} is one clear line`, async () => {
        const { code, stdout, stderr } = await replay([await save("malformed.json", value)]);
        assert.equal(code, 1, stdout + stderr);
        assert.equal(stdout, "");
        assert.match(stderr, /^error: [^\n]+\n$/);
        assert.match(stderr, about);
      });
    }

    await test.step("a file that is not there, and none at all", async () => {
      const missing = await replay([join(folder, "none.json")]);
      assert.deepEqual([missing.code, missing.stdout], [1, ""]);
      assert.match(missing.stderr, /^error: Cannot read the receipt from ".*none\.json": [^\n]+\n$/);
      const none = await replay([]);
      assert.equal(none.code, 2);
      assert.match(none.stderr, /^error: replay needs the file of a receipt/);
    });

    await test.step("--help lists it", async () => {
      assert.match((await runPackllama(["--help"])).stdout, /replay/);
      assert.match((await runPackllama(["help"])).stdout, /replay.*<receipt>/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
