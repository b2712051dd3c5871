import assert from "node:assert/strict";
import { Batch } from "../../../ffi/mod.ts";
import { Answers } from "../../../lib/engine/answers.ts";
import type { RequestEvent } from "../../../lib/engine/protocol.ts";
import { type Drafter, Scheduler } from "../../../lib/engine/scheduler.ts";
import { Sequence, type SequenceOptions } from "../../../lib/engine/sequence.ts";
import { StateCache } from "../../../lib/engine/state_cache.ts";
import { StepCost } from "../../../lib/engine/step_cost.ts";
import { FakeDecoder, type FakeDecoderOptions } from "./fake_decoder.ts";
import {
  type AloneAnswer,
  answerAlone,
  BEGINNING,
  cellValue,
  FAKE_VOCABULARY,
  MEMORY,
  nextToken,
} from "./fake_model.ts";

/** What a scheduler is run with. */
export interface Setting extends FakeDecoderOptions {
  batch: number;
  /** Bytes of saved states. */
  cacheBytes?: number;
  drafter?: boolean;
}

/** What can fail of one sequence. */
export type Failing = keyof FakeDecoder["failing"] | "guess" | "advance";

/** A request to a {@linkcode SchedulerRun}. */
export interface FakeRequest extends
  Partial<
    Pick<
      SequenceOptions,
      | "client"
      | "variant"
      | "stop"
      | "maxTokens"
      | "limit"
      | "logprobs"
      | "promptLogprobs"
      | "speculation"
      | "cachePrompt"
      | "reproducible"
      | "keep"
    >
  > {
  prompt: readonly number[];
  choices?: number;
  /** False: its text comes at once. */
  stream?: boolean;
  /** Its first choice's sampler. */
  salt?: number;
}

/** A cost that is the same on each machine: batches are cheap. */
export class FixedCost extends StepCost {
  readonly #perToken: number;

  constructor(perToken = 0.02) {
    super();
    this.#perToken = perToken;
  }

  override get perPromptToken(): number {
    return 1;
  }

  override estimate(tokens: number): number {
    return 1 + this.#perToken * tokens;
  }
}

/** One choice of a request, and what must come of it when it is left alone. */
export interface Choice {
  sequence: Sequence;
  request: FakeRequest;
  /** Undefined where contexts are shifted, which depends on what is cached. */
  alone: AloneAnswer | undefined;
  disposed: number;
}

/** A scheduler over a fake decoder, and the events of its requests. */
export class SchedulerRun {
  readonly decoder: FakeDecoder;
  readonly scheduler: Scheduler;
  readonly saved: StateCache;
  readonly drafter = new FakeDrafter();
  readonly choices: Choice[] = [];
  readonly events: RequestEvent[] = [];
  readonly #setting: Setting;
  readonly #answers = new Answers();
  #lastId = 0;
  #advanceFails = false;

  constructor(setting: Setting) {
    this.#setting = setting;
    this.decoder = new FakeDecoder(setting);
    this.saved = new StateCache(setting.cacheBytes ?? 0, {
      divisibleTo: setting.divisible === false ? 0 : setting.window || Infinity,
    });
    this.scheduler = new Scheduler({
      decoder: this.decoder,
      batch: new Batch(setting.batch),
      slots: setting.slots,
      prefillLimit: setting.batch,
      saved: this.saved,
      onAdvance: (sequence, advance) => {
        if (this.#advanceFails) {
          this.#advanceFails = false;
          this.decoder.noteFailure();
          throw new RangeError("The advance failed");
        }
        this.events.push(...this.#answers.advance(sequence, advance));
      },
      onFailure: (id, error) => {
        assert.match(
          String(error),
          /^RangeError: The (sample|restore|save|shift|guess|advance) failed$/,
          "nothing fails by itself",
        );
        this.#fail(id);
      },
      cost: new FixedCost(),
      ...(setting.drafter ? { drafter: this.drafter } : {}),
    });
  }

  /** Has the next of something fail. */
  fail(what: Failing): void {
    if (what === "advance") this.#advanceFails = true;
    else if (what === "guess") this.drafter.failing = true;
    else this.decoder.failing[what] = true;
  }

  /** Takes a request in, as the engine does, and gives its choices. */
  submit(request: FakeRequest): Choice[] {
    const id = ++this.#lastId;
    const { choices = 1, stream = true } = request;
    const made = Array.from({ length: choices }, (_, index) => this.#makeChoice(id, index, request));
    this.#answers.begin(id, { choices, stream });
    for (const { sequence } of made) this.scheduler.submit(sequence);
    this.choices.push(...made);
    return made;
  }

  #makeChoice(id: number, index: number, request: FakeRequest): Choice {
    const { choices: _, stream: __, salt: first = 0, prompt, keep, ...rest } = request;
    const limit = request.limit ?? this.#setting.cells;
    const shifts = keep === undefined ? {} : { keep };
    const salt = first + index;
    const options = { id, index, prompt, vocabulary: FAKE_VOCABULARY, stop: [], maxTokens: 50, ...rest, limit };
    const choice = { request, disposed: 0 };
    const sampler = { salt, sample: () => -1, [Symbol.dispose]: () => void choice.disposed++ };
    const alone = keep === undefined ? answerAlone({ ...options, sampler }, salt) : undefined;
    return Object.assign(choice, { alone, sequence: new Sequence({ ...options, ...shifts, sampler }) });
  }

  cancel(id: number): void {
    if (this.scheduler.cancel(id)) this.#fail(id);
  }

  #fail(id: number): void {
    this.#answers.end(id);
    this.events.push({ type: "failed", id, error: { code: "cancelled", message: "" } });
  }

  /** Takes all out, as the engine does after a failure. */
  drain(): void {
    for (const id of this.scheduler.drain()) this.#fail(id);
    assert.ok(this.scheduler.idle);
    this.decoder.clear();
  }

  /** Steps, and checks what must hold between two steps. */
  step(): void {
    this.scheduler.step();
    this.decoder.expectSampled();
    for (const { sequence } of this.choices) {
      const { slot, cached, tokens, reused = 0, promptLength } = sequence;
      assert.ok(reused >= 0 && reused < promptLength, `${reused} of ${promptLength} prompt tokens from the cache`);
      if (slot === undefined) continue;
      const held = this.decoder.held(slot);
      assert.equal(held.first + held.tokens.length, cached, `slot ${slot} holds as many tokens as it is thought to`);
      assert.deepEqual(held.tokens, tokens.slice(held.first, cached), `slot ${slot} holds the sequence's tokens`);
      if (!this.#setting.window) assert.equal(held.first, 0);
    }
    assert.ok(this.saved.bytes <= (this.#setting.cacheBytes ?? 0), `${this.saved.bytes} bytes of states`);
    for (const { tokens, state } of this.saved) {
      const cells = lastCellOf(state);
      assert.deepEqual(cells, { position: tokens.length - 1, token: tokens.at(-1) }, "a state ends with its tokens");
    }
  }

  /** Breaks the next decode. */
  stepBroken(): void {
    if (this.scheduler.idle) return;
    this.decoder.broken = true;
    const decodes = this.decoder.sizes.length;
    try {
      this.step();
    } catch (error) {
      if (!(error instanceof Error) || error.message !== "The decode failed") throw error;
      // As the engine does it.
      for (const id of this.scheduler.dropFailed()) this.#fail(id);
      this.decoder.clear();
    }
    // A step in which nothing could be let in decodes nothing.
    this.decoder.broken = false;
    assert.equal(this.decoder.sizes.length, decodes);
  }

  finish(): void {
    for (let steps = 0; !this.scheduler.idle; steps++) {
      assert.ok(steps < 20_000, "it never ends");
      this.step();
    }
  }

  /** The text of a choice so far. */
  text({ sequence: { id, index } }: Choice): string {
    const texts = this.events.filter((event) => event.type === "text" && event.id === id && event.index === index);
    return texts.map((event) => event.type === "text" ? event.text : "").join("");
  }

  /** What must hold once everything has ended. */
  check(): void {
    for (const choice of this.choices) this.#checkChoice(choice);
    for (let id = 1; id <= this.#lastId; id++) {
      const events = this.events.filter((event) => event.id === id);
      const ends = events.filter(({ type }) => type === "done" || type === "failed");
      assert.equal(ends.length, 1, `request ${id} ends once`);
      assert.equal(events.at(-1), ends[0], `nothing comes after the end of request ${id}`);
    }
    this.scheduler.saveIdle();
    assert.equal(this.decoder.used, 0, "no cells are left when all is saved");
    assert.ok(this.saved.bytes <= (this.#setting.cacheBytes ?? 0));
    this.drain();
  }

  #checkChoice(choice: Choice): void {
    const { alone, disposed, request, sequence } = choice;
    const { id, index } = sequence;
    assert.equal(disposed, 1, `sequence ${id}.${index} is disposed once`);
    const own = this.events.filter((event) => event.id === id && "index" in event && event.index === index);
    const finishes = own.filter((event) => event.type === "finish");
    const text = this.text(choice);
    const logprobs = own.flatMap((event) => event.type === "text" ? event.logprobs ?? [] : []);
    const failed = this.events.some((event) => event.type === "failed" && event.id === id);
    if (failed && finishes.length === 0) {
      if (alone === undefined) return;
      assert.ok(alone.text.startsWith(text), "what it said before it was cancelled is right");
      assert.deepEqual(logprobs, alone.logprobs.slice(0, logprobs.length));
      return;
    }
    assert.equal(finishes.length, 1, `sequence ${id}.${index} finishes once`);
    const [finish] = finishes;
    assert.ok(finish !== undefined && own.at(-1) === finish);
    if (alone === undefined) {
      const { maxTokens = 50 } = request;
      assert.ok(finish.completionTokens <= maxTokens);
      assert.ok(finish.finishReason === "stop" || finish.completionTokens === maxTokens);
      return;
    }
    const { finishReason, stopString, completionTokens } = finish;
    assert.deepEqual(
      { text, finishReason, stopString, completionTokens, logprobs },
      {
        text: alone.text,
        finishReason: alone.finishReason,
        stopString: alone.stopString,
        completionTokens: alone.completionTokens,
        logprobs: alone.logprobs,
      },
    );
    assert.ok(sequence.draftAccepted <= sequence.draftTokens && sequence.draftAccepted <= completionTokens);
  }
}

/** Of a state as the fake decoder writes it. */
function lastCellOf(state: Uint8Array<ArrayBuffer>): { position?: number; token?: number } {
  const [position, token] = new Int32Array(state.buffer).slice(-3);
  return { ...(position === undefined ? {} : { position }), ...(token === undefined ? {} : { token }) };
}

/** Guesses what the model will say, and errs now and then. */
class FakeDrafter implements Drafter {
  judged = 0;
  /** Set to have the next guess throw. */
  failing = false;

  outlook({ draftLimit }: Sequence): { available: number; probability: number; msPerToken: number } {
    return { available: Math.min(8, draftLimit), probability: 0.8, msPerToken: 0.1 };
  }

  guess({ tokens, variant }: Sequence, limit: number): number[] {
    if (this.failing) {
      this.failing = false;
      throw new RangeError("The guess failed");
    }
    let value = BEGINNING;
    for (const token of tokens) value = cellValue(value, token, variant);
    const text = [...tokens];
    const guess: number[] = [];
    while (guess.length < limit) {
      const right = nextToken(value, text.slice(-MEMORY), 0);
      const token = value % 5 === 0 ? 1 : right;
      value = cellValue(value, token, variant);
      text.push(token);
      guess.push(token);
    }
    return guess;
  }

  judge(drafted: number, accepted: number): void {
    assert.ok(accepted >= 0 && accepted <= drafted);
    this.judged += drafted;
  }
}
