import assert from "node:assert/strict";
import { TOO_SOON } from "../../../lib/core_use.ts";
import { ThreadGovernor } from "../../../lib/engine/thread_governor.ts";

/** A machine of so many cores on which other processes come and go; ggml's threads wait for the slowest. */
class Simulation {
  readonly governor: ThreadGovernor;
  readonly cores: number;
  /** Those of the last decode. */
  threads: number;
  /** Cores that others keep busy. */
  busy = 0;
  tells = true;
  /** Whether decodes are so short that nothing can be told of the time between two looks. */
  tooSoon = false;
  /** Added to the next decode. */
  pause = 0;
  resting = false;
  #now = 0;

  constructor(cores: number, { curious = true }: { curious?: boolean } = {}) {
    this.cores = cores;
    this.threads = cores;
    this.governor = new ThreadGovernor({
      most: cores,
      tolerance: 1.04,
      curious,
      machine: {
        now: () => this.#now,
        coreUse: () => {
          if (!this.tells) return undefined;
          if (this.tooSoon) return TOO_SOON;
          return { idle: Math.max(0, cores - this.busy - (this.resting ? 0 : this.threads)), others: this.busy };
        },
      },
    });
  }

  /** Milliseconds of a decode of one token: shared out by threads, but ten times as long where one of them has no core. */
  cost(threads: number): number {
    return (8 / threads + 1) * (threads > this.cores - this.busy ? (threads > 1 ? 20 : 1.5) : 1);
  }

  #next(): number {
    this.threads = this.governor.next();
    this.resting = false;
    return this.threads;
  }

  /** Lets time go by without a decode. */
  rest(ms: number): void {
    this.#now += ms;
    this.resting = true;
  }

  /** Decodes, and says how many milliseconds that took. */
  decode(times: number, tokens = 1): number {
    const before = this.#now;
    for (let i = 0; i < times; i++) {
      const ms = this.cost(this.#next()) + this.pause;
      this.pause = 0;
      this.#now += ms;
      this.governor.record(tokens, ms);
    }
    return this.#now - before;
  }
}

Deno.test("ThreadGovernor uses all threads on a quiet machine, and loses next to nothing by trying fewer", () => {
  const simulation = new Simulation(2);
  const took = simulation.decode(10_000);
  assert.equal(simulation.threads, 2);
  assert.ok(took <= 10_000 * simulation.cost(2) * 1.003, `${took}`);
});

Deno.test("ThreadGovernor that is not curious tries nothing while nobody else needs the cores, and still goes down when others do", () => {
  const simulation = new Simulation(2, { curious: false });
  const took = simulation.decode(10_000);
  assert.ok(Math.abs(took - 10_000 * simulation.cost(2)) < 1e-6, `${took}`);
  simulation.busy = 2;
  simulation.decode(20);
  assert.equal(simulation.threads, 1);
});

Deno.test("ThreadGovernor that is not curious takes too little to tell for no reason to try fewer threads", () => {
  const simulation = new Simulation(2, { curious: false });
  simulation.tooSoon = true;
  const took = simulation.decode(10_000);
  assert.ok(Math.abs(took - 10_000 * simulation.cost(2)) < 1e-6, `${took}`);
  simulation.tooSoon = false;
  simulation.busy = 1;
  simulation.decode(100);
  assert.equal(simulation.threads, 1, "it goes on measuring");
});

Deno.test("ThreadGovernor goes down when others take the cores, and back up when they leave", () => {
  for (const tells of [true, false]) {
    const simulation = new Simulation(2);
    simulation.tells = tells;
    simulation.decode(100);
    simulation.busy = 2;
    simulation.decode(20);
    assert.equal(simulation.threads, 1, "after a few slow decodes");
    const took = simulation.decode(5000);
    assert.ok(took <= 5000 * simulation.cost(1) * 1.05, `trials cost little: ${took}`);
    simulation.busy = 0;
    simulation.decode(8000);
    assert.equal(simulation.threads, 2, tells ? "it sees idle cores" : "it tries");
  }
});

Deno.test("ThreadGovernor finds out when the machine was busy from the start", () => {
  for (const curious of [true, false]) {
    const simulation = new Simulation(8, { curious });
    simulation.busy = 4;
    simulation.decode(200);
    assert.equal(simulation.threads, 4);
  }
});

Deno.test("ThreadGovernor with one thread has nothing to choose", () => {
  const simulation = new Simulation(1);
  simulation.busy = 1;
  simulation.decode(100);
  assert.equal(simulation.threads, 1);
});

Deno.test("ThreadGovernor takes one long decode for a pause of the machine, and is soon back where a very long one misled it", () => {
  const simulation = new Simulation(2);
  simulation.decode(100);
  for (let i = 0; i < 20; i++) {
    simulation.pause = 100;
    simulation.decode(30);
    assert.equal(simulation.threads, 2);
  }
  simulation.pause = 2000;
  simulation.decode(200);
  assert.equal(simulation.threads, 2);
});

Deno.test("ThreadGovernor begins anew with all threads after a rest in which the cores were free", () => {
  const simulation = new Simulation(4);
  simulation.decode(50);
  simulation.busy = 4;
  simulation.decode(50);
  assert.equal(simulation.threads, 1);
  simulation.rest(1000);
  simulation.decode(1, 512);
  assert.equal(simulation.threads, 1, "they are not free");
  simulation.busy = 0;
  simulation.rest(1000);
  simulation.decode(1, 512);
  assert.equal(simulation.threads, 4);
});

Deno.test("ThreadGovernor follows another one that has found the cores free", () => {
  const [batch, single] = [new Simulation(2), new Simulation(2)];
  batch.decode(50);
  batch.busy = 2;
  batch.decode(50);
  assert.equal(batch.threads, 1);
  batch.governor.follow(single.governor);
  assert.equal(batch.governor.next(), 1, "which has decoded nothing since");
  single.rest(100_000);
  single.decode(50);
  batch.governor.follow(single.governor);
  assert.equal(batch.governor.next(), 2);
});
