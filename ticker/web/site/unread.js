/**
 * The number of items that arrived while the page was in the background: in the tab's title, and on the
 * icon of the installed app. There is no sound.
 */

import { items } from "./page.js";

const MAX = 99;
const title = document.title;
/** @type {Set<string>} */
const unread = new Set();

/** Apps that are installed have a badge. @type {{setAppBadge?: (n: number) => Promise<void>, clearAppBadge?: () => Promise<void>}} */
const app = navigator;

function show() {
  const count = unread.size;
  document.title = count ? `(${count < MAX ? count : `${MAX}+`}) ${title}` : title;
  // Refused where the page is not an installed app.
  (count ? app.setAppBadge?.(count) : app.clearAppBadge?.())?.catch(() => {});
}

items.addEventListener("change", (event) => {
  const { type, action, item } = /** @type {CustomEvent} */ (event).detail;
  if (type !== "item") return;
  if (action === "publish" && document.hidden && unread.size < MAX) unread.add(item.id);
  else if (!items.isGone(item.id) || !unread.delete(item.id)) return;
  show();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !unread.size) return;
  unread.clear();
  show();
});
