export { Ticker } from "../client/ticker.js";
export { NewsTicker } from "./element.js";
export { words } from "./words.js";
