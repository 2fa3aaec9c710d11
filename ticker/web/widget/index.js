/**
 * The widget's module: importing it makes `<news-ticker>` work. The client that it contains may be
 * imported from it as well, and `words`, to add a language.
 */

import { NewsTicker } from "./element.js";

export { Ticker } from "../client/index.js";
export { NewsTicker } from "./element.js";
export { words } from "./words.js";

// Two versions of the module on one page: the first one stays.
if (!customElements.get("news-ticker")) customElements.define("news-ticker", NewsTicker);
