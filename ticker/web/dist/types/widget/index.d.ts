export { Ticker } from "../client/index.js";
export { NewsTicker } from "./element.js";
export { words } from "./words.js";
