export { Hub, sharedHub } from "./hub.js";
