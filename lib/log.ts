import { configureSync, getLogger, type Logger, type LogLevel, type LogRecord } from "@logtape/logtape";

/** The logger of one part of the program, e.g. `server`. Silent until {@linkcode configureLog} is called. */
export function logger(category: string): Logger {
  return getLogger(["packllama", category]);
}

/** Sends the log to standard error: warnings and errors, or with `verbose` everything. */
export function configureLog({ verbose }: { verbose: boolean }): void {
  configureSync({
    reset: true,
    sinks: { stderr: writeRecord },
    loggers: [
      { category: "packllama", sinks: ["stderr"], lowestLevel: verbose ? "debug" : "warning" },
      // LogTape's own news concern nobody here.
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "error" },
    ],
  });
}

/** LogTape's level for one of ggml's (1 debug, 2 info, 3 warning, 4 error). */
export function levelOfGgml(level: number): LogLevel {
  if (level >= 4) return "error";
  if (level === 3) return "warning";
  return level === 2 ? "info" : "debug";
}

function writeRecord(record: LogRecord): void {
  const text = record.message.map((part) => typeof part === "string" ? part : Deno.inspect(part)).join("");
  const line = `${record.level}: ${record.category.slice(1).join(".")}: ${text}\n`;
  Deno.stderr.writeSync(new TextEncoder().encode(line));
}
