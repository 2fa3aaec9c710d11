/**
 * The crawl: all items in one line that moves. A site chooses it; no other layout moves by itself.
 *
 * The reader can pause it; it stands still while it is hovered or focused. If the system asks for less
 * motion, it never moves: the line can be scrolled (WCAG 2.2.2). A pass keeps its items, except for
 * retracted ones; new items appear with the next pass, and breaking news at once.
 *
 * @import { Motion, Stage } from "./controller.js"
 */

/** Pixels per second. */
const SPEED = 80;
/** Shortest duration of a pass. */
const MIN_PASS_MS = 5_000;

/** @param {Stage} stage @returns {Motion} */
export function crawl({ root, list, words, ids, held, freeze, signal }) {
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  /** @type {Animation|undefined} */
  let pass;
  const box = document.createElement("div");
  box.className = "window";
  list.replaceWith(box);
  // A copy follows the line, so that it has no gap. Neither keyboards nor screen readers find it.
  let copy = list;
  box.append(list);

  /** Let the copy show what the line shows. */
  function repeat() {
    if (copy !== list) copy.remove();
    if (!pass) return;
    copy = /** @type {HTMLElement} */ (list.cloneNode(true));
    copy.inert = true;
    copy.ariaHidden = "true";
    box.append(copy);
  }

  function schedule() {
    if (held() || root.matches(":focus-within") || box.matches(":hover")) pass?.pause();
    else pass?.play();
  }

  function end() {
    if (!pass) return;
    pass.cancel();
    pass = undefined;
    freeze(null);
  }

  function begin() {
    const width = list.getBoundingClientRect().width;
    const to = `${words.dir === "rtl" ? "" : "-"}${width}px`;
    const duration = Math.max(MIN_PASS_MS, (width / SPEED) * 1_000);
    pass = box.animate({ translate: ["0", to] }, duration);
    pass.onfinish = end;
    freeze(ids());
    schedule();
  }

  for (const type of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
    root.addEventListener(type, schedule);
    box.addEventListener(type, schedule);
  }
  reducedMotion.addEventListener("change", () => (pass ? end() : freeze(null)), { signal });
  signal.addEventListener("abort", () => {
    if (pass) pass.onfinish = null;
    pass?.cancel();
  });

  return {
    schedule,
    update(_id, breaking) {
      root.classList.toggle("still", reducedMotion.matches);
      if (reducedMotion.matches) repeat();
      else if (pass && breaking) end();
      else if (pass) repeat();
      else if (ids().length && !held()) begin();
    },
  };
}
