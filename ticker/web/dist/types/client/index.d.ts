export * from "./board.js";
export * from "./ticker.js";
export * from "./transports.js";
export { backoff, comesBack } from "./pace.js";
