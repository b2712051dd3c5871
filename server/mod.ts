export { createApp } from "./app.ts";
export type { AppEnv, AppInput, AppOptions } from "./app_input.ts";
export { type RunningServer, serve, type ServeOptions } from "./serve.ts";
export { serveUntilEnd } from "./serve_until_end.ts";
export type { ServingInput } from "./start_serving.ts";
