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
  try {
    const model = await Promise.race([serving.ready, ended]);
    if (model === undefined) return;
    const { url } = serving.server;
    if (serving.server.port !== input.port && input.port !== 0) {
      say(`Port ${input.port} is in use: serving at port ${serving.server.port} instead\n`);
    }
    say(banner(model, url));
    if (input.options.readyJson) console.log(readyLine(model, serving.server));
    await ended;
    logger("server").info("ending");
  } finally {
    await serving.close();
  }
}

function whenToldToEnd(withStdin: boolean): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let told = false;
  const end = (): void => {
    // Whoever asks twice is in a hurry.
    if (told) Deno.exit(130);
    told = true;
    resolve(undefined);
  };
  Deno.addSignalListener("SIGINT", end);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", end);
  if (withStdin) readToEnd().finally(() => resolve(undefined));
  return promise;
}

async function readToEnd(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
