export { eventSource } from "./event-source.js";
export { poll } from "./poll.js";
