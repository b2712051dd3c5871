/** ggml's levels of log lines (`enum ggml_log_level` of ggml.h) that are told apart here. */
export const LOG_LEVEL = { warning: 3, error: 4, continued: 5 } as const;
