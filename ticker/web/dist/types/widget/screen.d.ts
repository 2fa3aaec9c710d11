/** @param {Stage} stage @returns {Motion} */
export function screen({ host, root, list, words, ids, select, held, signal }: Stage): Motion;
import type { Stage } from "./controller.js";
import type { Motion } from "./controller.js";
