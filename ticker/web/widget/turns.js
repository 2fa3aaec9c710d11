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
    this.forward = rtl ? -1 : 1;
    view.root.addEventListener("keydown", (event) => this.#key(event));
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
    const ids = this.view.ids;
    const stays = this.#current && ids.includes(this.#current);
    if (!stays || (wanted && !this.#held)) this.#current = wanted ?? ids[0];
    this.step(0);
  }

  /** @param {number} by */
  step(by) {
    const ids = this.view.ids;
    const { length } = ids;
    const from = Math.max(0, ids.indexOf(this.#current ?? ""));
    this.turnTo(length ? (from + by + length) % length : 0);
  }

  /** @param {number} index */
  turnTo(index) {
    const before = this.#current;
    this.#current = this.view.spotlight(index);
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

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (altKey || ctrlKey || metaKey || shiftKey) return;
    if (key === "ArrowRight") this.step(this.forward);
    else if (key === "ArrowLeft") this.step(-this.forward);
    else if (key === "Home") this.turnTo(0);
    else if (key === "End") this.turnTo(this.view.ids.length - 1);
    else return;
    event.preventDefault();
  }
}
