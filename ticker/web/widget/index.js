/**
 * The widget's module: importing it defines `<news-ticker>`. It also exports the client it contains, and
 * `words`, to add a language.
 */

import { NewsTicker } from "./element.js";

export { Ticker } from "../client/ticker.js";
export { NewsTicker } from "./element.js";
export { words } from "./words.js";

// If a page loads two versions of the module, the first one wins.
if (!customElements.get("news-ticker")) customElements.define("news-ticker", NewsTicker);
