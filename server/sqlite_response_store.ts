import { DatabaseSync, type StatementSync } from "node:sqlite";
import { EngineError, toEngineError } from "../lib/errors.ts";
import type { ResponseStore, StoreBounds } from "./response_store.ts";
import { StoredResponse } from "./schemas/responses/mod.ts";

const FILE_BOUNDS: StoreBounds = { maxResponses: 100_000, maxBytes: 2 ** 30 };

/** "PLRS": tells this database from any other (SQLite's file format, section 1.3). */
const APPLICATION_ID = 0x504c5253;
const APPLICATION_ID_AT = 68;
const HEADER_BYTES = 100;
const MAGIC = "SQLite format 3\0";

/** Of the tables below and of the JSON in them. */
const VERSION = 1;

const SCHEMA = `
  CREATE TABLE responses (
    id TEXT NOT NULL PRIMARY KEY,
    used INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    stored TEXT NOT NULL
  ) STRICT;
  CREATE INDEX responses_by_use ON responses (used);
  CREATE TABLE total (responses INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO total VALUES (0, 0);
  CREATE TRIGGER response_added AFTER INSERT ON responses BEGIN
    UPDATE total SET responses = responses + 1, bytes = bytes + new.bytes;
  END;
  CREATE TRIGGER response_removed AFTER DELETE ON responses BEGIN
    UPDATE total SET responses = responses - 1, bytes = bytes - old.bytes;
  END;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${VERSION};
`;

/** What one call may wait for another process that has the file, in milliseconds. */
const BUSY_MS = 5000;

const NEXT_USE = "(SELECT ifnull(max(used), 0) + 1 FROM responses)";

const READING = "Cannot read a stored response";

const encoder = new TextEncoder();

/** Keeps responses in one SQLite database, which other processes may use at the same time. */
export class SqliteResponseStore implements ResponseStore {
  readonly #bounds: StoreBounds;
  readonly #database: DatabaseSync;
  readonly #use: StatementSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;
  readonly #removeOldest: StatementSync;
  readonly #total: StatementSync;

  /**
   * Opens a database, or makes it where there is no file yet, readable for this user alone.
   *
   * @param path Its file; two others, `-wal` and `-shm`, lie beside it while it is open.
   * @throws {EngineError} `bad_file` for a file that is no such database, which is left as it is; `io`.
   */
  constructor(path: string, bounds: Partial<StoreBounds> = {}) {
    this.#bounds = { ...FILE_BOUNDS, ...bounds };
    const doing = `Cannot keep responses in "${path}"`;
    this.#database = attempt(doing, () => {
      prepareFile(path);
      return open(path);
    });
    const prepare = (sql: string): StatementSync => attempt(doing, () => this.#database.prepare(sql));
    this.#use = prepare(`UPDATE responses SET used = ${NEXT_USE} WHERE id = ? RETURNING stored`);
    this.#insert = prepare(`INSERT INTO responses (id, used, bytes, stored) VALUES (?, ${NEXT_USE}, ?, ?)`);
    this.#remove = prepare("DELETE FROM responses WHERE id = ?");
    this.#removeOldest = prepare(
      "DELETE FROM responses WHERE id = (SELECT id FROM responses ORDER BY used LIMIT 1)",
    );
    this.#total = prepare("SELECT responses, bytes FROM total");
  }

  get(id: string): StoredResponse | undefined {
    const row = attempt(READING, () => this.#use.get(id));
    return row === undefined ? undefined : parseStored(String(row.stored));
  }

  put(stored: StoredResponse): void {
    const { id } = stored.response;
    const json = JSON.stringify(stored);
    const bytes = encoder.encode(json).byteLength;
    attempt("Cannot store a response", () =>
      transact(this.#database, () => {
        this.#remove.run(id);
        if (bytes > this.#bounds.maxBytes) return;
        this.#insert.run(id, bytes, json);
        while (this.#exceeds()) this.#removeOldest.run();
      }));
  }

  delete(id: string): boolean {
    return attempt("Cannot delete a stored response", () => Number(this.#remove.run(id).changes) > 0);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #exceeds(): boolean {
    const total = this.#total.get();
    return Number(total?.responses) > this.#bounds.maxResponses || Number(total?.bytes) > this.#bounds.maxBytes;
  }
}

function parseStored(json: string): StoredResponse {
  try {
    return StoredResponse.parse(JSON.parse(json));
  } catch (error) {
    const message = `${READING}: the database has it in a form that this version does not know`;
    throw new EngineError("bad_file", message, { cause: error });
  }
}

function attempt<Result>(doing: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw toEngineError(error, doing);
  }
}

function transact(database: DatabaseSync, action: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    action();
    database.exec("COMMIT");
  } catch (error) {
    // SQLite itself has already done so after some errors.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Makes the file, or looks at its first bytes before SQLite does, which would write beside a database of someone else. */
function prepareFile(path: string): void {
  const info = statOf(path);
  if (info === undefined) {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } else if (!info.isFile) {
    throw refusal(path, "it is no file");
  } else if (info.size === 0) {
    // SQLite leaves an empty file where it is stopped before its first write.
    if (Deno.build.os !== "windows") Deno.chmodSync(path, 0o600);
  } else if (!hasOurHeader(path)) {
    throw refusal(path, "it is a file of another kind");
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function hasOurHeader(path: string): boolean {
  using file = Deno.openSync(path);
  const header = new Uint8Array(HEADER_BYTES);
  if ((file.readSync(header) ?? 0) < HEADER_BYTES) return false;
  const magic = new TextDecoder().decode(header.subarray(0, MAGIC.length));
  return magic === MAGIC && new DataView(header.buffer).getUint32(APPLICATION_ID_AT) === APPLICATION_ID;
}

function refusal(path: string, found: string): EngineError {
  return new EngineError(
    "bad_file",
    `Cannot keep responses in "${path}": ${found}; name another, or one that is not there yet`,
  );
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    transact(database, () => {
      const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
      if (version === 0) database.exec(SCHEMA);
      else if (version !== VERSION) {
        throw refusal(path, `it has version ${version} of the database, known is ${VERSION}`);
      }
    });
    // WAL: readers and the one writer do not wait for each other. What a client deletes is overwritten.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
