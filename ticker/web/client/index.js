/** The client as one module: `import { Ticker } from "/client.js"`, or from npm. */

export * from "./board.js";
export { backoff, comesBack } from "./pace.js";
export * from "./ticker.js";
export * from "./transports.js";
