/**
 * The bar as a carousel: it shows one item at a time. It advances automatically unless it is paused,
 * expanded, hovered or focused, the reader prefers reduced motion, or the page is hidden (WCAG 2.2.2).
 *
 * @import { Motion, Stage } from "./controller.js"
 */

export const ADVANCE_MS = 7_000;

/** @param {Stage} stage @returns {Motion} */
export function createCarousel({ root, list, words, select, ids, held, signal }) {
  /** @type {string|undefined} Id of the current item. */
  let current;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  /** Whether the reader hovers or has focused the bar. It must not advance then. */
  const isInUse = () => root.matches(":hover, :focus-within");

  function schedule() {
    clearTimeout(timer);
    timer = undefined;
    // Screen readers read each item during manual navigation, and none when the bar advances by itself.
    list.ariaLive = isInUse() ? "polite" : "off";
    if (held() || reducedMotion.matches || isInUse() || ids().length < 2) return;
    timer = setTimeout(() => {
      timer = undefined; // showing the page again renders it, and restarts the timer
      if (!document.hidden) step(1);
    }, ADVANCE_MS);
  }

  /** @param {number} by @param {string} [from] Id to start from; default: the current item. */
  function step(by, from) {
    const all = ids();
    const before = current;
    const at = Math.max(0, all.indexOf(from ?? before ?? ""));
    current = select((at + by + all.length) % all.length || 0);
    if (before !== current || !timer) schedule();
  }

  const keys = ["ArrowLeft", "ArrowRight"]; // previous, next
  if (words.dir === "rtl") keys.reverse();
  root.addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    const at = keys.indexOf(key);
    if (at < 0 || altKey || ctrlKey || metaKey || shiftKey) return;
    event.preventDefault();
    step(at * 2 - 1);
  });
  for (const type of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
    root.addEventListener(type, schedule);
  }
  signal.addEventListener("abort", () => clearTimeout(timer));

  return { step, schedule, update: (id) => step(0, isInUse() ? undefined : id) };
}
