/**
 * The transports for networks that block WebSocket: server-sent events, then polling. The client loads this
 * file on demand.
 */

export { eventSource } from "./event-source.js";
export { poll } from "./poll.js";
