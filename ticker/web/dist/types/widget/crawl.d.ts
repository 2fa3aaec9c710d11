/** @param {Stage} stage @returns {Motion} */
export function crawl({ root, list, words, ids, held, freeze, signal }: Stage): Motion;
import type { Stage } from "./controller.js";
import type { Motion } from "./controller.js";
