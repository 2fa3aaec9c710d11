/**
 * The toast: the newest alert, in a corner of the page, until the reader has seen it.
 *
 * It does not repeat what the reader sees on the page, and an older alert does not come back in place of one
 * that is gone. Alerts follow each other in the order of the wire: by publication, then by id.
 *
 * @import { Item } from "../client/index.js"
 * @import { Motion, Stage } from "./controller.js"
 */

/** Age after which an item is no longer shown. */
export const TOAST_MS = 20 * 60_000;
/** The toast waits this long for the rest of the page to show the same item. */
const DELAY_MS = 300;

/** @param {Item} item */
const place = ({ published_at, id }) => published_at + id;

/** @param {Stage} stage @returns {Motion} */
export function toast({ root, select, freeze, dismissed, dismiss, signal }) {
  /** @type {Item|undefined} */
  let shown;
  let ready = false;

  /** Return whether the reader sees an item outside of the toasts. @param {string} id */
  function isInView(id) {
    /** @type {(Document|ShadowRoot|null)[]} */
    const roots = [document];
    for (const { shadowRoot } of document.querySelectorAll("news-ticker")) roots.push(shadowRoot);
    return roots.some((root) =>
      [...(root?.querySelectorAll(`[data-id="${id}"]:not(.sr-only, .toast *)`) ?? [])].some((node) => {
        const { top, bottom, height } = node.getBoundingClientRect();
        return height > 0 && bottom > 0 && top < innerHeight;
      }),
    );
  }

  /** @param {() => void} render */
  const later = (render) => void setTimeout(render, DELAY_MS);
  const start = () => {
    ready = true;
    if (!signal.aborted) freeze(null);
  };
  later(start);
  root.role = "complementary";
  let waits = false;
  const scrolled = () => {
    if (!waits) later(() => ((waits = false), start()));
    waits = true;
  };
  addEventListener("scroll", scrolled, { signal, passive: true });

  return {
    later,
    order(items) {
      if (!ready) return [];
      const [newest] = items.sort((a, b) => (place(a) < place(b) ? 1 : -1));
      if (newest && !document.hidden && isInView(newest.id)) dismiss(place(newest));
      if (shown && shown.id !== newest?.id && place(shown) > dismissed()) dismiss(place(shown));
      const since = new Date(Date.now() - TOAST_MS).toISOString();
      shown = newest?.published_at > since && place(newest) > dismissed() ? newest : undefined;
      return shown ? [shown] : [];
    },
    update() {
      select(0); // sets its name
      root.hidden ||= !shown;
    },
  };
}
