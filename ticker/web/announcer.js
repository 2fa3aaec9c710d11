/**
 * What a screen reader hears without asking: urgent and above politely and not too often, a flash
 * at once. The lists themselves are not live regions; they would talk without end.
 *
 * @import { Item } from "./client.js"
 * @import { Edition } from "./words.js"
 */

import { LANGUAGES, say } from "./words.js";

/** At most one polite announcement in this time; what comes between is counted, newest first. */
export const QUIET_MS = 10_000;

export class Announcer {
  /** @type {Item[]} Waiting for their turn, newest last; all are told in one sentence. */
  #waiting = [];
  #next = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;
  /** @type {Edition} */
  #edition = "en";
  /** @type {Map<HTMLElement, string>} The item whose words are in a region now. */
  #said = new Map();

  /**
   * @param {HTMLElement} polite `role=status`
   * @param {HTMLElement} assertive `role=alert`
   */
  constructor(polite, assertive) {
    this.polite = polite;
    this.assertive = assertive;
  }

  /** @param {Edition} edition */
  speak(edition) {
    this.#edition = edition;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    for (const region of [this.polite, this.assertive]) {
      this.#tell(region, "");
      region.lang = edition;
      region.dir = LANGUAGES[edition].dir;
    }
  }

  /** @param {Item} item */
  news(item) {
    if (item.level === "ticker") return;
    if (item.level === "flash") {
      this.#tell(this.assertive, this.#sentence(item), item.id);
      return;
    }
    this.#waiting = [...this.#waiting.filter(({ id }) => id !== item.id), item].slice(-50);
    const wait = this.#next - performance.now();
    if (wait <= 0) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), wait);
  }

  /** @param {string} text About the page itself, such as the connection. */
  note(text) {
    this.#tell(this.polite, text);
  }

  /**
   * A removed line is not told any more, nor left where a screen reader could still find it.
   *
   * @param {string} id
   */
  forget(id) {
    this.#waiting = this.#waiting.filter((item) => item.id !== id);
    for (const [region, said] of this.#said) if (said === id) this.#tell(region, "");
  }

  /** @param {HTMLElement} region @param {string} text @param {string} [id] The item it is about. */
  #tell(region, text, id = "") {
    region.textContent = text;
    this.#said.set(region, id);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const newest = this.#waiting.at(-1);
    if (!newest) return;
    const n = this.#waiting.length;
    const line = this.#sentence(newest);
    const text = n > 1 ? say(this.#edition, "more", { n, line }) : line;
    this.#tell(this.polite, text, newest.id);
    this.#waiting = [];
    this.#next = performance.now() + QUIET_MS;
  }

  /** @param {Item} item */
  #sentence(item) {
    const level = item.level === "ticker" ? "" : say(this.#edition, item.level);
    const spoken = item.speaker && !item.headline.startsWith(item.speaker);
    const words = spoken ? `${item.speaker}: ${item.headline}` : item.headline;
    const line = item.correction ? `${say(this.#edition, "corrected")}: ${words}` : words;
    return say(this.#edition, "newest", { level, line });
  }
}
