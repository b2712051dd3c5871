import assert from "node:assert/strict";
import fc from "fast-check";
import { someTokens } from "./fake_model.ts";
import { type Failing, type FakeRequest, SchedulerRun, type Setting } from "./scheduler_run.ts";

/** What a scenario does next. */
type Action =
  | { type: "submit"; request: FakeRequest }
  /** A prompt that goes on from another choice's prompt and answer, as the next turn of a conversation. */
  | { type: "follow"; choice: number; tail: number; request: Omit<FakeRequest, "prompt"> }
  | { type: "step"; steps: number }
  | { type: "cancel"; id: number }
  | { type: "drain" }
  /** The next of these fails. */
  | { type: "fail"; what: Failing }
  | { type: "break" };

const SETTING: fc.Arbitrary<Setting> = fc.record({
  cells: fc.oneof(...[[8, 60], [60, 300], [60, 300], [300, 1000]].map(([min, max]) => between(min, max))),
  slots: between(1, 6),
  batch: fc.integer({ min: 6, max: 64 }),
  layout: fc.constantFrom("auto", "auto", "unified", "split"),
  cacheBytes: fc.constantFrom(0, 1500, 6000, 1e9),
  divisible: fc.constantFrom(true, true, true, false),
  window: fc.constantFrom(0, 0, 0, 12, 30),
  portable: fc.boolean(),
  restoreFails: fc.constantFrom(0, 0, 2),
  staysUnified: fc.constantFrom(false, false, false, true),
  drafter: fc.boolean(),
});

/** Settings in which the layout is changed often. */
const AUTO: fc.Arbitrary<Setting> = SETTING.chain((setting) =>
  fc.record({ cells: between(400, 1000), slots: between(4, 6), window: fc.constantFrom(0, 0, 30) })
    .map((busy) => ({ ...setting, ...busy, layout: "auto", divisible: true, staysUnified: false }))
);

/** Whole numbers of which none comes more often than others. */
function between(min = 0, max = 0): fc.Arbitrary<number> {
  return fc.noBias(fc.integer({ min, max }));
}

function requestsFor({ cells, divisible, window }: Setting): fc.Arbitrary<Omit<FakeRequest, "prompt">> {
  const predictions = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 60 })).map(([seed, length]) =>
    someTokens(seed, length)
  );
  const shifts = divisible && window === 0 ? 1 : 0;
  return fc.record({
    client: fc.constantFrom({}, { user: "a" }, { address: "b", user: "a" }),
    variant: fc.constantFrom("", "", "", "1,0"),
    stop: fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", "é"), minLength: 1, maxLength: 3 }), {
      maxLength: 1,
    }),
    maxTokens: fc.oneof(fc.constant(1), between(1, 80)),
    limit: fc.oneof({ weight: 4, arbitrary: fc.constant(cells) }, {
      weight: 1,
      arbitrary: fc.integer({ min: 7, max: cells }),
    }),
    logprobs: fc.constantFrom(undefined, undefined, 0),
    // As the engine does: what cannot be cut takes no guesses.
    speculation: divisible
      ? fc.option(predictions.map((prediction) => ({ prediction })), { nil: undefined })
      : fc.constant(undefined),
    cachePrompt: fc.constantFrom(true, true, true, false),
    keep: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, {
      weight: shifts,
      arbitrary: fc.constantFrom(-1, 0, 3),
    }),
    choices: fc.constantFrom(1, 1, 1, 2, 4),
    stream: fc.boolean(),
    salt: fc.constantFrom(0, 0, 0, 1, 5),
  }).map(({ logprobs, speculation, keep, ...rest }) => ({
    ...rest,
    ...(logprobs === undefined ? {} : { logprobs }),
    ...(speculation === undefined ? {} : { speculation }),
    ...(keep === undefined ? {} : { keep }),
  }));
}

function actionsFor(setting: Setting, longest: number): fc.Arbitrary<Action[]> {
  const prompts = fc.record({
    base: fc.nat({ max: 2 }),
    shared: fc.oneof(between(0, longest), between(0, 60), fc.constantFrom(0, 30, 90)),
    tail: fc.tuple(fc.nat({ max: 5 }), fc.constantFrom(0, 0, 1, 3, 20)),
  }).map(({ base, shared, tail: [seed, length] }) => [
    ...someTokens(base, shared),
    ...someTokens(100 + seed, shared + length === 0 ? 1 : length),
  ]);
  const requests = requestsFor(setting);
  return fc.array(
    fc.oneof(
      {
        weight: 12,
        arbitrary: fc.tuple(prompts, requests).map(([prompt, request]): Action => ({
          type: "submit",
          request: { ...request, prompt },
        })),
      },
      {
        weight: 6,
        arbitrary: fc.record({
          type: fc.constant("follow" as const),
          choice: fc.nat({ max: 10 }),
          tail: fc.integer({ min: 1, max: 20 }),
          request: requests,
        }),
      },
      { weight: 18, arbitrary: between(0, 30).map((steps): Action => ({ type: "step", steps })) },
      { weight: 5, arbitrary: fc.nat({ max: 16 }).map((id): Action => ({ type: "cancel", id })) },
      { weight: 1, arbitrary: fc.constant<Action>({ type: "drain" }) },
      { weight: 1, arbitrary: fc.constant<Action>({ type: "break" }) },
      {
        weight: 2,
        arbitrary: fc.constantFrom<Failing>("sample", "sample", "restore", "save", "shift", "guess", "advance")
          .map((what): Action => ({ type: "fail", what })),
      },
    ),
    { maxLength: 30, size: "max" },
  );
}

/** As the engine does: a prompt must leave room for a token. */
function fitted(request: FakeRequest, { cells }: Setting): FakeRequest {
  return { ...request, prompt: request.prompt.slice(0, (request.limit ?? cells) - 1) };
}

function play(run: SchedulerRun, setting: Setting, action: Action): void {
  switch (action.type) {
    case "submit":
      run.submit(fitted(action.request, setting));
      break;
    case "follow": {
      const before = run.choices[action.choice % run.choices.length];
      const tokens = before?.alone?.tokens ?? someTokens(0, 20);
      const prompt = [...tokens.filter((token) => token > 0), ...someTokens(action.tail, action.tail)];
      run.submit(fitted({ ...action.request, prompt }, setting));
      break;
    }
    case "step":
      for (let i = 0; i < action.steps; i++) run.step();
      break;
    case "cancel":
      run.cancel(action.id);
      break;
    case "drain":
      run.drain();
      break;
    case "break":
      run.stepBroken();
      break;
    case "fail":
      run.fail(action.what);
      break;
  }
}

/** How often things were seen to happen. */
type Counts = SchedulerRun["decoder"]["counts"] & { reused: number };

/** Plays scenarios, and checks what comes of each. */
function explore(settings: fc.Arbitrary<Setting>, { longest, runs }: { longest: number; runs: number }): Counts {
  const sums = { refused: 0, copied: 0, saved: 0, restored: 0, switched: 0, shifted: 0, drafted: 0, reused: 0 };
  const scenarios = settings.chain((setting) => fc.tuple(fc.constant(setting), actionsFor(setting, longest)));
  fc.assert(
    fc.property(scenarios, ([setting, actions]) => {
      const run = new SchedulerRun(setting);
      for (const action of actions) play(run, setting, action);
      run.finish();
      run.check();
      const reused = run.choices.filter(({ sequence }) => (sequence.reused ?? 0) > 0).length;
      const { refused, copied, saved, restored, switched, shifted, drafted } = run.decoder.counts;
      sums.refused += refused;
      sums.copied += copied;
      sums.saved += saved;
      sums.restored += restored;
      sums.switched += switched;
      sums.shifted += shifted;
      sums.drafted += drafted;
      sums.reused += reused;
    }),
    { numRuns: runs },
  );
  return sums;
}

Deno.test("Scheduler ends every sequence once and with the text it has alone, whatever arrives, is cancelled, is cached or does not fit", () => {
  const { switched: _, ...sums } = explore(SETTING, { longest: 250, runs: 1500 });
  for (const [what, count] of Object.entries(sums)) {
    assert.ok(count > 150, `Only ${count} ${what}: this tests too little`);
  }
});

Deno.test("Scheduler ends every sequence once and with the text it has alone while the layout changes", () => {
  const { switched, restored, drafted } = explore(AUTO, { longest: 120, runs: 400 });
  assert.ok(
    switched > 100 && restored > 40 && drafted > 1000,
    `${switched}, ${restored}, ${drafted}: this tests too little`,
  );
});
