/** @param {Stage} stage @returns {Motion} */
export function createCarousel({ root, list, words, select, ids, held, signal }: Stage): Motion;
/**
 * The bar as a carousel: it shows one item at a time. It advances automatically unless it is paused,
 * expanded, hovered or focused, the reader prefers reduced motion, or the page is hidden (WCAG 2.2.2).
 *
 * @import { Motion, Stage } from "./controller.js"
 */
export const ADVANCE_MS: 7000;
import type { Stage } from "./controller.js";
import type { Motion } from "./controller.js";
