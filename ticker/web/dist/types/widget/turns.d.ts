/**
 * The bar shows one of its lines at a time, at the reader's pace. It turns by itself unless the
 * reader paused it, points at it or has the focus in it, prefers reduced motion, or has the page in
 * the background (WCAG 2.2.2).
 *
 * @import { View } from "./view.js"
 */
export const TURN_MS: 7000;
export class Turns {
    /**
     * @param {View} view
     * @param {() => boolean} paused
     * @param {boolean} rtl Which arrow key leads on.
     * @param {AbortSignal} over
     */
    constructor(view: View, paused: () => boolean, rtl: boolean, over: AbortSignal);
    view: View;
    paused: () => boolean;
    /**
     * The lines have changed; `wanted` is one that should come to the front unless the reader is busy.
     *
     * @param {string|undefined} wanted
     */
    update(wanted: string | undefined): void;
    /** @param {number} by @param {string} [from] If not from the line on show. */
    step(by: number, from?: string): void;
    schedule(): void;
    #private;
}
import type { View } from "./view.js";
