/** The client as one module: `import { Ticker } from "/client.js"`, or from the npm package. */

export * from "./state.js";
export * from "./filters.js";
export { Ticker } from "./reader.js";
export * from "./reader.js";
export * from "./subscriptions.js";
export * from "./ticker.js";
export * from "./tokens.js";
export { backoff, isRetryable } from "./timing.js";
export * from "./transports.js";
