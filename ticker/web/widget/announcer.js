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

export class Announcer {
  /** @type {Map<string, Item>} Newest last. */
  #waiting = new Map();
  #nextAt = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #polite = element("div", "sr-only");
  #alert = element("div", "sr-only");
  #words;
  regions = [this.#polite, this.#alert];

  /** @param {Words} words */
  constructor(words) {
    this.#words = words;
    this.#polite.role = "status";
    this.#alert.role = "alert";
  }

  /** Announce an item that is new, was raised to this level, or was corrected. @param {Item} item */
  add(item) {
    const { id, level, updated_at } = item;
    const old = Date.now() - Date.parse(updated_at) > MAX_AGE_MS;
    if (level === "ticker" || old || !isFirst(item)) return;
    if (level === "flash") return this.#write(this.#alert, this.#sentence(item), id);
    this.#waiting.delete(id);
    this.#waiting.set(id, item);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(oldest);
    this.#timer ??= setTimeout(() => this.#flush(), this.#nextAt - Date.now());
  }

  /** @param {string} text About the widget itself, such as its connection. */
  say(text) {
    this.#write(this.#polite, text, "");
  }

  /**
   * Drop a removed item from the queue, and from the regions, where a screen reader could still read it.
   *
   * @param {string} id
   */
  remove(id) {
    this.#waiting.delete(id);
    for (const region of this.regions) if (region.dataset.id === id) this.#write(region, "", "");
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** @param {HTMLElement} region @param {string} text @param {string} id Id of the item, or "". */
  #write(region, text, id) {
    region.textContent = text;
    region.dataset.id = id;
  }

  #flush() {
    this.#timer = undefined;
    const items = [...this.#waiting.values()];
    const newest = items.at(-1);
    if (!newest) return;
    const count = items.length > 1 ? `${fill(this.#words.updates, items.length)}. ` : "";
    this.#write(this.#polite, count + this.#sentence(newest), newest.id);
    this.#waiting.clear();
    this.#nextAt = Date.now() + ANNOUNCE_INTERVAL_MS;
  }

  /** @param {Item} item */
  #sentence(item) {
    const { level, correction } = item;
    const marks = [level !== "ticker" && this.#words[level], correction && this.#words.corrected];
    return [...marks, fullHeadline(item)].filter(Boolean).join(": ");
  }
}
