/**
 * The bar as a carousel: it shows one item at a time. It advances automatically unless it is paused,
 * hovered or focused, the reader prefers reduced motion, or the page is hidden (WCAG 2.2.2).
 *
 * @import { View } from "./view.js"
 */
export const ADVANCE_MS: 7000;
export class Carousel {
    /**
     * @param {View} view
     * @param {() => boolean} paused
     * @param {boolean} rtl Whether the left arrow key goes to the next item.
     * @param {AbortSignal} signal Stops it.
     */
    constructor(view: View, paused: () => boolean, rtl: boolean, signal: AbortSignal);
    /**
     * Adapt to changed items. `id` becomes the current item unless the bar is in use.
     *
     * @param {string|undefined} id
     */
    update(id: string | undefined): void;
    /** @param {number} by @param {string} [from] Id to start from; default: the current item. */
    step(by: number, from?: string): void;
    schedule(): void;
    #private;
}
import type { View } from "./view.js";
