/**
 * What a screen reader hears without asking: urgent and above politely and not too often, a flash
 * at once. Lists and bars are no live regions; they would talk without end.
 *
 * @import { Item } from "../client/index.js"
 * @import { Words } from "./words.js"
 */

import { element } from "./dom.js";
import { spoken } from "./line.js";
import { fill } from "./words.js";

/** At most one polite announcement in this time; of what comes between the newest is told, and how
 * many there are. */
export const QUIET_MS = 10_000;
/** What is older is no news any more: after a night's sleep a flash is no alert. */
const FRESH_MS = 15 * 60_000;
/** No more than these are counted. */
const WAITING_MAX = 50;
/** How many announcements are remembered, so that two widgets on a page do not say one twice. */
const SAID_MAX = 500;

/** @type {Set<string>} Id and version of what any widget of this page has said. */
const said = new Set();

/** @param {Item} item */
function first({ id, version }) {
  const key = `${id} ${version}`;
  if (said.has(key)) return false;
  if (said.size >= SAID_MAX) said.clear();
  said.add(key);
  return true;
}

export class Announcer {
  /** @type {Map<string, Item>} Waiting for their turn, newest last. */
  #waiting = new Map();
  #next = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #polite = element("div", "unseen");
  #alert = element("div", "unseen");
  regions = [this.#polite, this.#alert];

  /** @param {Words} words */
  constructor(words) {
    this.words = words;
    this.#polite.role = "status";
    this.#alert.role = "alert";
  }

  /** @param {Item} item Arrived, was raised to this level, or was corrected. */
  news(item) {
    const { id, level, updated_at } = item;
    const late = Date.now() - Date.parse(updated_at) > FRESH_MS;
    if (level === "ticker" || late || !first(item)) return;
    if (level === "flash") return this.#tell(this.#alert, this.#sentence(item), id);
    this.#waiting.delete(id);
    this.#waiting.set(id, item);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > WAITING_MAX) this.#waiting.delete(oldest);
    this.#timer ??= setTimeout(() => this.#flush(), this.#next - Date.now());
  }

  /** @param {string} text About the widget itself, such as its connection. */
  note(text) {
    this.#tell(this.#polite, text, "");
  }

  /**
   * A removed line is not told any more, nor left where a screen reader could still find it.
   *
   * @param {string} id
   */
  forget(id) {
    this.#waiting.delete(id);
    for (const region of this.regions) if (region.dataset.id === id) this.#tell(region, "", "");
  }

  end() {
    clearTimeout(this.#timer);
  }

  /** @param {HTMLElement} region @param {string} text @param {string} id The item it is about. */
  #tell(region, text, id) {
    region.textContent = text;
    region.dataset.id = id;
  }

  #flush() {
    this.#timer = undefined;
    const items = [...this.#waiting.values()];
    const newest = items.at(-1);
    if (!newest) return;
    const more = items.length > 1 ? `${fill(this.words.fresh, items.length)}. ` : "";
    this.#tell(this.#polite, more + this.#sentence(newest), newest.id);
    this.#waiting.clear();
    this.#next = Date.now() + QUIET_MS;
  }

  /** @param {Item} item */
  #sentence(item) {
    const { level, correction } = item;
    const marks = [level !== "ticker" && this.words[level], correction && this.words.corrected];
    return [...marks, spoken(item)].filter(Boolean).join(": ");
  }
}
