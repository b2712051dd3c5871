import { join } from "node:path";
import type { Context, Handler } from "hono";
import type { Engine } from "../../../lib/engine/mod.ts";
import { EngineError } from "../../../lib/errors.ts";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { expectProgram, parseBody } from "../../parse_body.ts";
import {
  type ErasedSlot,
  type RestoredSlot,
  type SavedSlot,
  SlotActionQuery,
  SlotFileRequest,
} from "../../schemas/llama/mod.ts";
import { notSupported } from "./not_supported.ts";

const ACTION = SlotActionQuery.shape.action;

/** `POST /slots/:id?action=…`: keeps what a slot holds in a file of the folder that `--slot-save-path` names, fills it from one, or frees it. */
export function changeSlot(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const found = c.req.query("action");
    const { success, data: action } = ACTION.safeParse(found);
    if (!success) {
      const expected = `expected one of ${ACTION.options.join(", ")}, found ${JSON.stringify(found ?? null)}`;
      throw new EngineError("invalid_value", `Invalid "action": ${expected}`, { param: "action" });
    }
    const index = readIndex(c.req.param("id") ?? "");
    const folder = app.options.slotSavePath;
    if (folder === undefined) {
      return notSupported(`This server does not ${action} slots; start it with --slot-save-path FOLDER`);
    }
    if (action === "erase") {
      // It has no body that would be looked at.
      expectProgram(c.req.raw);
      const { engine } = await chooseEngine(app, c.req.query("model"));
      const { tokens } = await engine.changeSlot(index, { kind: "erase" });
      return c.json({ id_slot: index, n_erased: tokens } satisfies ErasedSlot);
    }
    return await useFile(c, { app, index, action, folder });
  };
}

async function useFile(
  c: Context<AppEnv>,
  { app, index, action, folder }: { app: AppInput; index: number; action: "save" | "restore"; folder: string },
): Promise<Response> {
  const { filename } = await parseBody(c, SlotFileRequest);
  const { engine } = await chooseEngine(app, c.req.query("model"));
  const begun = performance.now();
  const { tokens, bytes } = await withoutFolder(engine, { index, action, folder, filename });
  const ms = performance.now() - begun;
  return action === "save"
    ? c.json(
      {
        id_slot: index,
        filename,
        n_saved: tokens,
        n_written: bytes,
        timings: { save_ms: ms },
      } satisfies SavedSlot,
    )
    : c.json(
      {
        id_slot: index,
        filename,
        n_restored: tokens,
        n_read: bytes,
        timings: { restore_ms: ms },
      } satisfies RestoredSlot,
    );
}

/** What is wrong with a file's content is the client's, who named it; where it lies is not told. */
async function withoutFolder(
  engine: Engine,
  { index, action, folder, filename }: { index: number; action: "save" | "restore"; folder: string; filename: string },
): Promise<{ tokens: number; bytes: number }> {
  const path = join(folder, filename);
  try {
    return await engine.changeSlot(index, { kind: action, path });
  } catch (error) {
    if (!(error instanceof EngineError) || !["bad_file", "usage"].includes(error.code)) throw error;
    throw new EngineError("invalid_value", error.message.replaceAll(path, filename), {
      param: "filename",
      cause: error,
    });
  }
}

function readIndex(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new EngineError("invalid_value", `Invalid slot ${JSON.stringify(text)}: expected a number from 0 on`, {
    param: "id_slot",
  });
}
