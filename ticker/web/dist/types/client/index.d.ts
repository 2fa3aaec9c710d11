export * from "./state.js";
export * from "./ticker.js";
export * from "./tokens.js";
export * from "./transports.js";
export { backoff, isRetryable } from "./timing.js";
