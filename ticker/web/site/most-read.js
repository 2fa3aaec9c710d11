/**
 * The most-read list, refreshed while the page is visible. It stays hidden while there are no reads yet.
 *
 * @import { Item } from "../client/index.js"
 */

import { items } from "./page.js";
import { parts } from "./parts.js";

const INTERVAL_MS = 120_000;
const list = document.getElementById("most-read");

async function show() {
  if (!list || document.hidden) return;
  try {
    const answer = await fetch(/** @type {string} */ (document.body.dataset.mostRead));
    if (!answer.ok) return;
    /** @type {{items: {item: Item}[]}} */
    const body = await answer.json();
    // The answer is cached for seconds: the page may know later versions, and retractions.
    const found = body.items.map(({ item }) => item).filter(({ id }) => !items.isGone(id));
    const latest = found.map((item) => {
      const known = items.get(item.id);
      return known && known.version > item.version ? known : item;
    });
    list.querySelector("ol")?.replaceChildren(...latest.map((item) => parts.read(item)));
    list.hidden = latest.length === 0;
  } catch {
    // Network error: the list stays as it is.
  }
}

if (list) {
  show();
  // Jitter spreads the requests of all readers.
  setInterval(show, INTERVAL_MS * (0.8 + 0.4 * Math.random()));
  document.addEventListener("visibilitychange", show);
  // After a reset, the page does not know what was retracted.
  items.addEventListener("change", (event) => {
    if (/** @type {CustomEvent} */ (event).detail.type === "page") show();
  });
}
