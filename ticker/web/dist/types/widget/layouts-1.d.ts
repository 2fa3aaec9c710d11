/** @type {Record<string, (stage: Stage) => Motion>} */
export const layouts: Record<string, (stage: Stage) => Motion>;
export const sheet: CSSStyleSheet;
import type { Stage } from "./controller.js";
import type { Motion } from "./controller.js";
