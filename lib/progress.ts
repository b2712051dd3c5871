/** Reports a long step: how far it has come, and when it is over. */
export interface Progress extends Disposable {
  /** Called as often as one likes with the units done so far, in the unit of the total given at the start. */
  update(done: number): void;
  /** Ends the step with one line that stays. */
  finish(message: string): void;
}

/** Starts a step: `label` says what it does, `total` in bytes when it is known. */
export type StartProgress = (label: string, total?: number) => Progress;

const REDRAW_MS = 100;

/** Progress for people on standard error: a line redrawn in place on a terminal; elsewhere one plain line when the step is over. */
export function stderrProgress(label: string, total?: number): Progress {
  const terminal = Deno.stderr.isTerminal();
  const started = performance.now();
  let drawn = 0;
  let open = true;
  if (terminal) write(`${label}…`);
  return {
    update(done: number): void {
      const now = performance.now();
      if (!terminal || now - drawn < REDRAW_MS) return;
      drawn = now;
      const share = total ? ` ${Math.floor((done / total) * 100)} %` : "";
      const speed = done / 1e6 / ((now - started) / 1000);
      write(`\r\x1b[K${label}${share} (${(done / 1e6).toFixed(0)} MB, ${speed.toFixed(0)} MB/s)`);
    },
    finish(message: string): void {
      if (!open) return;
      open = false;
      if (terminal) write("\r\x1b[K");
      writeLine(message);
    },
    [Symbol.dispose](): void {
      if (open && terminal) write("\r\x1b[K");
      open = false;
    },
  };
}

/** Progress that shows nothing, for tests and for callers that report by themselves. */
export function silentProgress(): Progress {
  return { update(): void {}, finish(): void {}, [Symbol.dispose](): void {} };
}

function write(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function writeLine(text: string): void {
  write(text + "\n");
}
