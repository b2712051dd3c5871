/** Serving a model. The app itself (`app.ts`) is not named here: it is imported while the model already loads. */
export { makeWarmState, type WarmInput } from "./make_warm_state.ts";
export { serveUntilEnd } from "./serve_until_end.ts";
export type { ServingInput } from "./start_serving.ts";
