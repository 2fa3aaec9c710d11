/**
 * The number of items that arrived while the page was in the background: in the tab's title, and on the
 * icon of the installed app. A dot on the tab's icon tells of an alert among them.
 */

import { items, state } from "./page.js";

const MAX = 99;
const DOT = '<circle cx="24" cy="8" r="8" fill="#fff"/><circle cx="24" cy="8" r="6" fill="#1a6fe8"/>';
const title = document.title;
/** @type {Set<string>} */
const unread = new Set();

/** Those of them that are alerts. @type {Set<string>} */
const alerts = new Set();
const icon = /** @type {HTMLLinkElement|null} */ (document.querySelector("link[rel=icon]"));
const plain = icon?.href;
/** The site's icon with a dot, made once. @type {Promise<string>|undefined} */
let marked;

/** Apps that are installed have a badge. @type {{setAppBadge?: (n: number) => Promise<void>, clearAppBadge?: () => Promise<void>}} */
const app = navigator;

function show() {
  const count = unread.size;
  document.title = count ? `(${count < MAX ? count : `${MAX}+`}) ${title}` : title;
  showDot().catch(() => {}); // offline: the icon stays
  // Refused where the page is not an installed app.
  (count ? app.setAppBadge?.(count) : app.clearAppBadge?.())?.catch(() => {});
}

async function showDot() {
  if (!icon || !plain || !state?.badge) return;
  if (alerts.size) {
    marked ??= fetch(plain)
      .then((answer) => answer.text())
      .then((svg) => `data:image/svg+xml,${encodeURIComponent(svg.replace("</svg>", `${DOT}</svg>`))}`);
    await marked;
  }
  // (Others may have been read meanwhile.)
  const href = alerts.size && marked ? await marked : plain;
  if (icon.href !== href) icon.href = href;
}

items.addEventListener("change", (event) => {
  const { type, action, item } = /** @type {CustomEvent} */ (event).detail;
  if (type !== "item") return;
  if (action === "publish" && document.hidden && unread.size < MAX) {
    unread.add(item.id);
    if (item.level !== "ticker") alerts.add(item.id);
  } else if (!items.isGone(item.id) || !unread.delete(item.id)) return;
  if (items.isGone(item.id)) alerts.delete(item.id);
  show();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden || !unread.size) return;
  unread.clear();
  alerts.clear();
  show();
});
