import type { Handler } from "hono";
import type { AppEnv, AppInput } from "../../app_input.ts";
import { chooseEngine } from "../../choose_engine.ts";
import { parseBody } from "../../parse_body.ts";
import { type Detokenized, DetokenizeRequest, TokenizeRequest, type TokenList } from "../../schemas/llama/mod.ts";
import { tokenText } from "../token_text.ts";
import { toPrompt } from "./to_prompt.ts";

/** `POST /tokenize`: the tokens of a text, and with `with_pieces` what each stands for. */
export function createTokens(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { content, add_special, parse_special, with_pieces, model } = await parseBody(c, TokenizeRequest);
    const { engine } = await chooseEngine(app, model);
    const ids = await engine.tokenize({
      prompt: toPrompt(content),
      addSpecial: add_special ?? false,
      parseSpecial: parse_special ?? true,
    });
    const tokens = Array.from(ids);
    if (!with_pieces) return c.json({ tokens } satisfies TokenList);
    const pieces = await engine.pieces(ids);
    return c.json({ tokens: tokens.map((id, i) => ({ id, piece: toPiece(pieces[i]) })) } satisfies TokenList);
  };
}

/** `POST /detokenize`: the text that tokens stand for. */
export function createText(app: AppInput): Handler<AppEnv> {
  return async (c) => {
    const { tokens, model } = await parseBody(c, DetokenizeRequest);
    const { engine } = await chooseEngine(app, model);
    return c.json({ content: await engine.detokenize(tokens) } satisfies Detokenized);
  };
}

function toPiece(bytes: Uint8Array = new Uint8Array()): string | number[] {
  return tokenText({ bytes }) ?? [...bytes];
}
