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

/** At most one polite announcement in this time; what comes between is told in one, newest first. */
export const QUIET_MS = 10_000;
/** What is older is no news any more: after a night's sleep a flash is no alert. */
const FRESH_MS = 15 * 60_000;
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
  /** @type {Item[]} Waiting for their turn, newest last. */
  #waiting = [];
  #next = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  #polite = element("div", "unseen");
  #alert = element("div", "unseen");

  /** @param {Words} words */
  constructor(words) {
    this.words = words;
    this.#polite.role = "status";
    this.#alert.role = "alert";
    this.regions = [this.#polite, this.#alert];
  }

  /** @param {Item} item Arrived, was raised to this level, or was corrected. */
  news(item) {
    const late = Date.now() - Date.parse(item.updated_at) > FRESH_MS;
    if (item.level === "ticker" || late || !first(item)) return;
    if (item.level === "flash") return this.#tell(this.#alert, this.#sentence(item), item.id);
    this.#waiting = [...this.#waiting.filter(({ id }) => id !== item.id), item].slice(-50);
    const wait = this.#next - performance.now();
    if (wait <= 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), wait);
  }

  /** @param {string} text About the widget itself, such as its connection. */
  note(text) {
    this.#tell(this.#polite, text);
  }

  /**
   * A removed line is not told any more, nor left where a screen reader could still find it.
   *
   * @param {string} id
   */
  forget(id) {
    this.#waiting = this.#waiting.filter((item) => item.id !== id);
    for (const region of this.regions) if (region.dataset.id === id) this.#tell(region, "");
  }

  end() {
    clearTimeout(this.#timer);
  }

  /** @param {HTMLElement} region @param {string} text @param {string} [id] The item it is about. */
  #tell(region, text, id = "") {
    region.textContent = text;
    region.dataset.id = id;
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const n = this.#waiting.length;
    const newest = this.#waiting.pop();
    this.#waiting = [];
    if (!newest) return;
    const line = this.#sentence(newest);
    const more = n > 1 ? `${fill(this.words.fresh, n)}. ` : "";
    this.#tell(this.#polite, more + line, newest.id);
    this.#next = performance.now() + QUIET_MS;
  }

  /** @param {Item} item */
  #sentence(item) {
    const { level, correction } = item;
    const marks = [level !== "ticker" && this.words[level], correction && this.words.corrected];
    return [...marks, spoken(item)].filter(Boolean).join(": ");
  }
}
