/**
 * The bar as a carousel: it shows one item at a time. It advances automatically unless it is paused,
 * hovered or focused, the reader prefers reduced motion, or the page is hidden (WCAG 2.2.2).
 *
 * @import { View } from "./view.js"
 */

export const ADVANCE_MS = 7_000;

export class Carousel {
  /** @type {string|undefined} Id of the current item. */
  #current;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #view;
  #paused;
  #reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param {View} view
   * @param {() => boolean} paused
   * @param {boolean} rtl Whether the left arrow key goes to the next item.
   * @param {AbortSignal} signal Stops it.
   */
  constructor(view, paused, rtl, signal) {
    this.#view = view;
    this.#paused = paused;
    const keys = rtl ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"]; // previous, next
    view.root.addEventListener("keydown", (event) => {
      const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
      const at = keys.indexOf(key);
      if (at < 0 || altKey || ctrlKey || metaKey || shiftKey) return;
      event.preventDefault();
      this.step(at * 2 - 1);
    });
    for (const type of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
      view.root.addEventListener(type, () => this.schedule());
    }
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Whether the reader hovers or has focused the bar. It must not advance then. */
  get #inUse() {
    return this.#view.root.matches(":hover, :focus-within");
  }

  /**
   * Adapt to changed items. `id` becomes the current item unless the bar is in use.
   *
   * @param {string|undefined} id
   */
  update(id) {
    this.step(0, this.#inUse ? undefined : id);
  }

  /** @param {number} by @param {string} [from] Id to start from; default: the current item. */
  step(by, from) {
    const { ids } = this.#view;
    const before = this.#current;
    const at = Math.max(0, ids.indexOf(from ?? before ?? ""));
    this.#current = this.#view.select((at + by + ids.length) % ids.length || 0);
    if (before !== this.#current || !this.#timer) this.schedule();
  }

  schedule() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Screen readers read each item during manual navigation, and none when the bar advances by itself.
    this.#view.list.ariaLive = this.#inUse ? "polite" : "off";
    if (this.#paused() || this.#reducedMotion.matches || this.#inUse || this.#view.ids.length < 2) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined; // showing the page again renders it, and restarts the timer
      if (!document.hidden) this.step(1);
    }, ADVANCE_MS);
  }
}
