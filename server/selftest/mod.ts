/** `packllama selftest`: what a server says of itself. */
export { type CheckResult, formatResults, runSelfTest } from "./run_self_test.ts";
