import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { EngineError } from "../../lib/errors.ts";
import { MemoryResponseStore, type ResponseStore, type StoreBounds } from "../../server/response_store.ts";
import type { ResponseObject, StoredResponse } from "../../server/schemas/responses/mod.ts";
import { SqliteResponseStore } from "../../server/sqlite_response_store.ts";

const RESPONSE: ResponseObject = {
  id: "resp_",
  object: "response",
  created_at: 1,
  completed_at: 2,
  status: "completed",
  error: null,
  incomplete_details: null,
  model: "fake-model",
  output: [{
    id: "msg_1",
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "", annotations: [], logprobs: [] }],
  }],
  usage: null,
  previous_response_id: null,
  store: true,
  instructions: null,
  max_output_tokens: null,
  temperature: 0.8,
  top_p: null,
  top_logprobs: 0,
  metadata: {},
  user: null,
  safety_identifier: null,
  prompt_cache_key: null,
  parallel_tool_calls: true,
  tool_choice: "auto",
  tools: [],
  max_tool_calls: null,
  text: { format: { type: "text" }, verbosity: "medium" },
  reasoning: { effort: null, summary: null },
  truncation: "disabled",
  background: false,
  service_tier: "default",
  access_programs: null,
};

/** What a test does to a store. */
type Step = { put: number; text: string } | { get: number } | { delete: number };

const key = fc.nat(7);
const steps = (minLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      fc.record({ put: key, text: fc.string({ unit: "binary", maxLength: 300 }) }),
      fc.record({ get: key }),
      fc.record({ delete: key }),
    ),
    { minLength, maxLength: 80 },
  );
/** Some hold less than a single response. */
const bounds = fc.record({
  maxResponses: fc.integer({ min: 0, max: 6 }),
  maxBytes: fc.oneof(fc.nat(8000), fc.constant(2 ** 20)),
});

Deno.test("memory store keeps the responses used last within its bounds, and no others", () => {
  fc.assert(
    fc.property(steps(0), bounds, (steps, bounds) => {
      using store = new MemoryResponseStore(bounds);
      const model = new StoreModel(bounds);
      for (const step of steps) {
        model.check(store, step);
        assert.ok(store.size <= bounds.maxResponses && store.bytes <= bounds.maxBytes);
        assert.deepEqual([store.size, store.bytes], [model.size, model.bytes]);
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("SQLite store keeps the responses used last within its bounds, and no others", async () => {
  await withFolder((folder) => {
    let files = 0;
    fc.assert(
      fc.property(steps(40), bounds, (steps, bounds) => {
        using store = new SqliteResponseStore(join(folder, `${files++}.db`), bounds);
        const model = new StoreModel(bounds);
        for (const step of steps) model.check(store, step);
      }),
      { numRuns: 40 },
    );
  });
});

Deno.test("memory store gives out what nobody can change afterwards", () => {
  using store = new MemoryResponseStore();
  const stored = make(1, "a");
  store.put(stored);
  stored.response.metadata.a = "b";
  assert.deepEqual(store.get("resp_1"), make(1, "a"));
});

Deno.test("SQLite store keeps responses when it is opened again, the oldest still the first to go", async () => {
  await withFolder((folder) => {
    const path = join(folder, "responses.db");
    {
      using store = new SqliteResponseStore(path);
      for (const key of [1, 2, 3]) store.put(make(key, "Grüße 🦙\u0000\ud800"));
      store.get("resp_1");
    }
    using store = new SqliteResponseStore(path, { maxResponses: 3 });
    store.put(make(4, ""));
    assert.equal(store.get("resp_2"), undefined);
    assert.deepEqual(store.get("resp_1"), make(1, "Grüße 🦙\u0000\ud800"));
    assert.deepEqual([store.delete("resp_1"), store.delete("resp_1")], [true, false]);
  });
});

Deno.test("SQLite store is shared by two that have it open", async () => {
  await withFolder((folder) => {
    const path = join(folder, "responses.db");
    using one = new SqliteResponseStore(path, { maxResponses: 2 });
    using other = new SqliteResponseStore(path, { maxResponses: 2 });
    one.put(make(1, "a"));
    other.put(make(2, "b"));
    one.put(make(3, "c"));
    assert.deepEqual([1, 2, 3].map((key) => other.get(`resp_${key}`) !== undefined), [false, true, true]);
  });
});

Deno.test("SQLite store's files are for their user alone", async () => {
  if (Deno.build.os === "windows") return;
  await withFolder((folder) => {
    const empty = join(folder, "empty.db");
    Deno.writeFileSync(empty, new Uint8Array(), { mode: 0o644 });
    for (const path of [join(folder, "new.db"), empty]) {
      using store = new SqliteResponseStore(path);
      store.put(make(1, "a"));
      for (const file of [path, `${path}-wal`, `${path}-shm`]) {
        assert.equal((Deno.statSync(file).mode ?? 0) & 0o777, 0o600, file);
      }
    }
  });
});

Deno.test("SQLite store refuses a file that is something else, and leaves it as it is", async () => {
  await withFolder((folder) => {
    const notes = join(folder, "notes.txt");
    Deno.writeTextFileSync(notes, "do not lose me ".repeat(100));
    const short = join(folder, "short.txt");
    Deno.writeTextFileSync(short, "short");
    const foreign = join(folder, "foreign.db");
    const database = new DatabaseSync(foreign);
    database.exec("PRAGMA journal_mode = WAL; CREATE TABLE responses (id TEXT); INSERT INTO responses VALUES ('a')");
    database.close();
    for (const path of [notes, short, foreign]) {
      const before = Deno.readFileSync(path);
      assert.throws(() => new SqliteResponseStore(path), {
        name: "EngineError",
        code: "bad_file",
        message:
          `Cannot keep responses in "${path}": it is a file of another kind; name another, or one that is not there yet`,
      });
      assert.deepEqual(Deno.readFileSync(path), before);
    }
    assert.throws(() => new SqliteResponseStore(folder), { code: "bad_file", message: /it is no file/ });
    assert.throws(() => new SqliteResponseStore(join(folder, "none", "x.db")), { code: "io" });
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "foreign.db",
      "notes.txt",
      "short.txt",
    ]);
  });
});

Deno.test("SQLite store refuses a database of a later version, and says so of a damaged one", async () => {
  await withFolder((folder) => {
    const path = join(folder, "responses.db");
    new SqliteResponseStore(path)[Symbol.dispose]();
    change(path, "PRAGMA user_version = 2");
    assert.throws(() => new SqliteResponseStore(path), { code: "bad_file", message: /version 2 .* known is 1/ });
    change(path, "PRAGMA user_version = 1; INSERT INTO responses VALUES ('resp_1', 1, 2, '{}')");
    using store = new SqliteResponseStore(path);
    assert.throws(() => store.get("resp_1"), { code: "bad_file" });
    change(path, "DROP TABLE responses");
    assert.throws(() => store.get("resp_1"), (error) => error instanceof EngineError && error.code === "io");
  });
});

/** What the version before calls and thoughts had written: a message that was given, and one that was answered. */
const BEFORE_TOOLS =
  '{"response":{"id":"resp_1","object":"response","created_at":1795542696,"completed_at":1795542696,"status":"c' +
  'ompleted","error":null,"incomplete_details":null,"model":"fake-model","output":[{"id":"msg_1f45a436f2364909b' +
  '5e89f132f2105eb","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","' +
  'text":"Hello!","annotations":[],"logprobs":[]}]}],"usage":{"input_tokens":10,"input_tokens_details":{"cached' +
  '_tokens":4,"cache_write_tokens":0},"output_tokens":3,"output_tokens_details":{"reasoning_tokens":0},"total_t' +
  'okens":13},"previous_response_id":null,"store":true,"instructions":"Be brief","max_output_tokens":null,"temp' +
  'erature":null,"top_p":null,"top_logprobs":0,"metadata":{"a":"b"},"user":null,"safety_identifier":null,"promp' +
  't_cache_key":null,"parallel_tool_calls":true,"tool_choice":"auto","tools":[],"max_tool_calls":null,"text":{"' +
  'format":{"type":"text"},"verbosity":"medium"},"reasoning":{"effort":null,"summary":null},"truncation":"disab' +
  'led","background":false,"service_tier":"default","access_programs":null},"input":[{"id":"msg_7a1ec7002cd8411' +
  'f87854b08776eb3f1","type":"message","role":"user","status":"completed","content":[{"type":"input_text","text' +
  '":"Hi"}]}]}';

Deno.test("SQLite store reads what was written before there were calls and thoughts", async () => {
  await withFolder((folder) => {
    const path = join(folder, "responses.db");
    new SqliteResponseStore(path)[Symbol.dispose]();
    change(path, `INSERT INTO responses VALUES ('resp_1', 1, ${BEFORE_TOOLS.length}, '${BEFORE_TOOLS}')`);
    using store = new SqliteResponseStore(path);
    assert.deepEqual(store.get("resp_1"), JSON.parse(BEFORE_TOOLS));
  });
});

Deno.test("stores keep items of every kind as they were", async () => {
  await withFolder((folder) => {
    const stored = make(1, "a");
    const call = {
      type: "function_call",
      call_id: "call_1",
      name: "f",
      arguments: '{"a":"Grüße"}',
      status: "completed",
    } as const;
    const thought = {
      type: "reasoning",
      content: [{ type: "reasoning_text" as const, text: "Hm" }],
      encrypted_content: null,
      status: "incomplete",
    } as const;
    stored.response.output = [{ ...thought, id: "rs_1", summary: [], content: [...thought.content] }, {
      id: "fc_1",
      ...call,
    }];
    stored.response.tools = [{
      type: "function",
      name: "f",
      description: null,
      parameters: { type: "object" },
      strict: true,
    }];
    stored.response.tool_choice = { type: "function", name: "f" };
    stored.response.text = {
      format: { type: "json_schema", name: "n", schema: { type: "object" }, strict: true },
      verbosity: "medium",
    };
    stored.response.reasoning = { effort: "low", summary: null };
    stored.input = [
      { id: "fc_2", ...call },
      { id: "fc_3", type: "function_call_output", call_id: "call_1", output: "x", status: "completed" },
      { ...thought, id: "rs_2", summary: [], content: [...thought.content] },
    ];
    using memory = new MemoryResponseStore();
    using file = new SqliteResponseStore(join(folder, "responses.db"));
    for (const store of [memory, file]) {
      store.put(stored);
      assert.deepEqual(store.get("resp_1"), stored);
    }
  });
});

/** What a store must have, told in the plainest way. */
class StoreModel {
  readonly #bounds: StoreBounds;
  /** The one used least recently first. */
  #kept: StoredResponse[] = [];

  constructor(bounds: StoreBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#kept.length;
  }

  get bytes(): number {
    return this.#kept.map(bytesOf).reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Does the step to both, which must give the same. */
  check(store: ResponseStore, step: Step): void {
    if ("put" in step) return this.#put(store, make(step.put, step.text));
    const id = `resp_${"get" in step ? step.get : step.delete}`;
    const found = this.#take(id);
    if ("delete" in step) return assert.equal(store.delete(id), found !== undefined);
    assert.deepEqual(store.get(id), found);
    if (found !== undefined) this.#kept.push(found);
  }

  #put(store: ResponseStore, stored: StoredResponse): void {
    store.put(stored);
    this.#take(stored.response.id);
    if (bytesOf(stored) > this.#bounds.maxBytes) return;
    this.#kept.push(stored);
    while (this.size > this.#bounds.maxResponses || this.bytes > this.#bounds.maxBytes) this.#kept.shift();
  }

  #take(id: string): StoredResponse | undefined {
    const found = this.#kept.find(({ response }) => response.id === id);
    this.#kept = this.#kept.filter((stored) => stored !== found);
    return found;
  }
}

function make(key: number, text: string): StoredResponse {
  return {
    response: { ...RESPONSE, id: `resp_${key}`, metadata: {} },
    input: [{
      id: "msg_0",
      type: "message",
      role: "user",
      status: "completed",
      content: [{ type: "input_text", text }],
    }],
  };
}

function bytesOf(stored: StoredResponse): number {
  return new TextEncoder().encode(JSON.stringify(stored)).byteLength;
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

async function withFolder(use: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
