import {
  DEFAULT_SAMPLING,
  describeSamplers,
  drawSeed,
  type Engine,
  type FinishReason,
  type GenerateEvent,
  type GenerateInput,
  type ModelInfo,
} from "../../lib/engine/mod.ts";
import { EngineError } from "../../lib/errors.ts";
import { hashBytes } from "../../lib/hash_file.ts";
import type { AppInput } from "../app_input.ts";
import { expectText } from "../expect_text.ts";
import type { Receipt } from "../schemas/mod.ts";
import { RECEIPT_FORMAT } from "../schemas/receipt.ts";
import { type FixedPrompt, fixPrompt, promptFacts } from "./fix_prompt.ts";
import type { FileFacts, Provenance } from "./provenance.ts";
import { type FullSampling, toRecordedSampling } from "./receipt_sampling.ts";
import { toRecordedSettings } from "./receipt_settings.ts";

/** What a {@linkcode ReceiptWriter} is begun with. */
export interface ReceiptOf {
  app: AppInput;
  engine: Engine;
  model: ModelInfo;
  /** The answer's own. */
  head: { id: string; created: number };
}

/** What becomes known of an answer. */
interface Found extends Pick<Receipt, "answer"> {
  files: FileFacts;
  prompt: FixedPrompt;
  facts: Receipt["prompt"];
  alone: boolean | undefined;
}

/** Generates one answer, and writes down what it came from. */
export class ReceiptWriter {
  readonly #given: GenerateInput;
  readonly #of: ReceiptOf;
  readonly #sampling: FullSampling;
  readonly #provenance: Pick<Provenance, "of">;
  #receipt: Receipt | undefined;

  /**
   * @param given What the request comes to.
   * @throws {EngineError} `invalid_value` where this server makes no receipts.
   */
  constructor(given: GenerateInput, of: ReceiptOf) {
    const { provenance } = of.app;
    if (provenance === undefined) {
      throw new EngineError("invalid_value", "This server makes no receipts; leave this parameter out", {
        param: "receipt",
      });
    }
    const sampling = { ...DEFAULT_SAMPLING, ...given.sampling };
    this.#given = given;
    this.#of = of;
    this.#sampling = { ...sampling, seed: sampling.seed ?? drawSeed() };
    this.#provenance = provenance;
  }

  /**
   * The events of the answer; before the last one its receipt is made.
   *
   * @throws {EngineError} As {@linkcode Engine.generate}; `io` or `bad_file` when a file cannot be hashed.
   */
  async *generate(signal: AbortSignal): AsyncGenerator<GenerateEvent, void, void> {
    const { engine, model } = this.#of;
    const files = this.#provenance.of(model.id);
    files.catch(() => {}); // Whoever awaits the receipt is told.
    const prompt = await fixPrompt(engine, this.#given.prompt);
    // Before the answer: what must wait for room is told so before anything is computed.
    const facts = await promptFacts(engine, prompt);
    const input = { ...this.#given, prompt: prompt.prompt, sampling: this.#sampling, reproducible: true };
    let text = "";
    let end: { reason: FinishReason; tokens: number } | undefined;
    for await (const given of engine.generate(input, signal)) {
      const event = expectText(given);
      if (event.type === "text") text += event.text;
      else if (event.type === "finish") end = { reason: event.finishReason, tokens: event.completionTokens };
      else if (end !== undefined) {
        this.#receipt = this.#write({
          files: await files,
          prompt,
          facts,
          alone: event.alone,
          answer: { text, sha256: hashBytes(text), finish_reason: end.reason, completion_tokens: end.tokens },
        });
      }
      yield event;
    }
  }

  /** What is added to the answer, or to the last part of its stream. */
  get fields(): { receipt: Receipt } {
    if (this.#receipt === undefined) {
      throw new EngineError("internal", "A receipt was asked for before the answer ended");
    }
    return { receipt: this.#receipt };
  }

  #write({ files, prompt, facts, alone, answer }: Found): Receipt {
    const { model, head, app } = this.#of;
    const { maxTokens = app.options.maxTokens, stop = [], keep = model.settings.keep, lora } = this.#given;
    const defaults = app.options.adapters ?? [];
    return {
      format: RECEIPT_FORMAT,
      id: head.id,
      created: head.created,
      packllama: files.packllama,
      engine: {
        release: files.release,
        libraries: loadedLibraries(files.libraries, model.cpuVariant),
        cpu_variant: model.cpuVariant,
        backend: model.backend,
        settings: toRecordedSettings(model.settings),
        ...(alone === undefined ? {} : { alone }),
      },
      model: {
        name: model.id,
        description: model.description,
        weights: files.weights,
        template_sha256: templateHash(model),
        adapters: files.adapters.map((adapter, id) => ({
          ...adapter,
          // As the engine has it: a request that names adapters names all that apply.
          scale: lora === undefined ? defaults[id]?.scale ?? 1 : lora.findLast((each) => each.id === id)?.scale ?? 0,
        })),
      },
      request: {
        prompt: prompt.given,
        max_tokens: maxTokens ?? null,
        stop,
        n_keep: keep,
        sampling: toRecordedSampling(this.#sampling),
      },
      prompt: facts,
      samplers: describeSamplers(this.#sampling, model),
      answer,
    };
  }
}

/** Of the CPU variants the one in use. */
export function loadedLibraries(all: FileFacts["libraries"], cpuVariant: string): FileFacts["libraries"] {
  return all.filter(({ name }) => !/^(lib)?ggml-cpu-/.test(name) || name.includes(`ggml-cpu-${cpuVariant}.`));
}

/** Null where the model has no template. */
export function templateHash({ chatTemplate }: Pick<ModelInfo, "chatTemplate">): string | null {
  return chatTemplate === undefined ? null : hashBytes(chatTemplate);
}
