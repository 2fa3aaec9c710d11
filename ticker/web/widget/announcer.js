/**
 * Announcements for screen readers: urgent items and bulletins politely and at a limited rate, a flash
 * at once. Lists and bars are not live regions; they would announce every change.
 *
 * @import { Item } from "../client/index.js"
 * @import { Words } from "./words.js"
 */

import { element } from "./dom.js";
import { fullHeadline } from "./item-row.js";
import { fill } from "./words.js";

/** Minimum time between polite announcements. After it, the newest item is announced with a count. */
export const ANNOUNCE_INTERVAL_MS = 10_000;
/** Older items are not announced, for example those that a laptop receives after a night's sleep. */
const MAX_AGE_MS = 15 * 60_000;
/** Maximum number of items that wait to be announced. */
const MAX_WAITING = 50;
/** Number of announcements remembered, so that two widgets on a page do not repeat each other. */
const MAX_ANNOUNCED = 500;

/** @type {Set<string>} Id and version of the items that any widget of this page has announced. */
const announced = new Set();

/** Whether no widget has announced this version yet; notes that one does now. @param {Item} item */
function isFirst({ id, version }) {
  const key = `${id} ${version}`;
  if (announced.has(key)) return false;
  if (announced.size >= MAX_ANNOUNCED) announced.clear();
  announced.add(key);
  return true;
}

/** @typedef {ReturnType<typeof createAnnouncer>} Announcer */

/** @param {Words} words */
export function createAnnouncer(words) {
  /** @type {Item[]} Newest last. */
  let waiting = [];
  let nextAt = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  const polite = element("div", "sr-only");
  const alert = element("div", "sr-only");
  polite.role = "status";
  alert.role = "alert";

  /** @param {HTMLElement} region @param {string} text @param {string} id Id of the item, or "". */
  function write(region, text, id) {
    region.textContent = text;
    region.dataset.id = id;
  }

  /** @param {Item} item */
  function sentence(item) {
    const { level, correction } = item;
    const marks = [level !== "ticker" && words[level], correction && words.corrected];
    return [...marks, fullHeadline(item)].filter(Boolean).join(": ");
  }

  function flush() {
    timer = undefined;
    const newest = waiting.at(-1);
    if (!newest) return;
    const count = waiting.length > 1 ? `${fill(words.updates, waiting.length)}. ` : "";
    write(polite, count + sentence(newest), newest.id);
    waiting = [];
    nextAt = Date.now() + ANNOUNCE_INTERVAL_MS;
  }

  /** @param {string} id */
  const without = (id) => waiting.filter((item) => item.id !== id);

  return {
    regions: [polite, alert],

    /** Announce an item that is new, was raised to this level, or was corrected. @param {Item} item */
    add(item) {
      const { id, level, updated_at } = item;
      const old = Date.now() - Date.parse(updated_at) > MAX_AGE_MS;
      if (level === "ticker" || old || !isFirst(item)) return;
      if (level === "flash") return write(alert, sentence(item), id);
      waiting = [...without(id), item].slice(-MAX_WAITING);
      timer ??= setTimeout(flush, nextAt - Date.now());
    },

    /** @param {string} text About the widget itself, such as its connection. */
    say: (text) => write(polite, text, ""),

    /**
     * Drop a removed item from the queue, and from the regions, where a screen reader could still read it.
     *
     * @param {string} id
     */
    remove(id) {
      waiting = without(id);
      for (const region of [polite, alert]) if (region.dataset.id === id) write(region, "", "");
    },

    stop: () => clearTimeout(timer),
  };
}
