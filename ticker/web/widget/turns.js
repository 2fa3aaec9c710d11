/**
 * The bar shows one of its lines at a time, at the reader's pace. It turns by itself unless the
 * reader paused it, points at it or has the focus in it, prefers reduced motion, or has the page in
 * the background (WCAG 2.2.2).
 *
 * @import { View } from "./view.js"
 */

export const TURN_MS = 7_000;

export class Turns {
  /** @type {string|undefined} The id of the line on show. */
  #current;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #calm = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param {View} view
   * @param {() => boolean} paused
   * @param {boolean} rtl Which arrow key leads on.
   * @param {AbortSignal} over
   */
  constructor(view, paused, rtl, over) {
    this.view = view;
    this.paused = paused;
    const keys = rtl ? ["ArrowRight", "ArrowLeft"] : ["ArrowLeft", "ArrowRight"]; // back, forward
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
    over.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Whether the reader is busy with the bar, so that it must not turn under their eyes. */
  get #held() {
    return this.view.root.matches(":hover, :focus-within");
  }

  /**
   * The lines have changed; `wanted` is one that should come to the front unless the reader is busy.
   *
   * @param {string|undefined} wanted
   */
  update(wanted) {
    this.step(0, this.#held ? undefined : wanted);
  }

  /** @param {number} by @param {string} [from] If not from the line on show. */
  step(by, from) {
    const { ids } = this.view;
    const before = this.#current;
    const at = Math.max(0, ids.indexOf(from ?? before ?? ""));
    this.#current = this.view.spotlight((at + by + ids.length) % ids.length || 0);
    if (before !== this.#current || !this.#timer) this.schedule();
  }

  schedule() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // While the reader steps by hand a screen reader should say each line; never when it turns.
    this.view.list.ariaLive = this.#held ? "polite" : "off";
    if (this.paused() || this.#calm.matches || this.#held || this.view.ids.length < 2) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined; // a page that is seen again is drawn, and starts it anew
      if (!document.hidden) this.step(1);
    }, TURN_MS);
  }
}
