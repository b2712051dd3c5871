import { logger } from "../lib/log.ts";
import { banner, readyLine } from "./banner.ts";
import { type ServingInput, startServing } from "./start_serving.ts";

/**
 * Serves until a signal or, with `--exit-with-stdin`, the end of standard input; a second signal does not wait for running requests.
 *
 * @throws {EngineError} When it cannot start.
 */
export async function serveUntilEnd(input: ServingInput): Promise<void> {
  const serving = await startServing(input);
  const ended = whenToldToEnd(input.options.exitWithStdin);
  const model = await Promise.race([serving.ready, ended]);
  // Told to end while the model loads: nobody has been promised an answer, and loading cannot be cut short but by the end of the process.
  if (model === undefined) return;
  const { url } = serving.server;
  if (serving.server.port !== input.port && input.port !== 0) {
    say(`Port ${input.port} is in use: serving at port ${serving.server.port} instead\n`);
  }
  say(banner(model, url));
  if (input.options.readyJson) console.log(readyLine(model, serving.server));
  await ended;
  logger("server").info("ending");
  await serving.close();
}

function whenToldToEnd(withStdin: boolean): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  const end = (): void => {
    // Whoever asks twice is in a hurry: the second signal does what signals do.
    for (const signal of signals) Deno.removeSignalListener(signal, end);
    resolve(undefined);
  };
  for (const signal of signals) Deno.addSignalListener(signal, end);
  if (withStdin) readToEnd().then(() => resolve(undefined));
  return promise;
}

async function readToEnd(): Promise<void> {
  try {
    for await (const _ of Deno.stdin.readable);
  } catch {
    // Standard input that cannot be read has ended, too.
  }
}

function say(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  } catch {
    // Nobody reads it: no reason not to serve.
  }
}
