export * from "./state.js";
export * from "./filters.js";
export * from "./reader.js";
export * from "./subscriptions.js";
export * from "./ticker.js";
export * from "./tokens.js";
export * from "./transports.js";
export { Ticker } from "./reader.js";
export { backoff, isRetryable } from "./timing.js";
