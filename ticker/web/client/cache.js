/**
 * The last board, kept in localStorage, so that a page has something to show before the first
 * message, and resumes from its cursor.
 *
 * A text that was taken back must not survive here: a removal is written at once, and boards of
 * other subscriptions that hold the item are thrown away. All else is written at most once a second.
 *
 * @import { Board, Item, Message } from "./board.js"
 * @typedef {{at: number, cursor: string|null, items: readonly Item[]}} Kept `at`: when, ms since 1970.
 */

import { isRemoval } from "./board.js";

/** A board that was kept for longer is not shown: too much of it may not be true any more. */
export const KEPT_MS = 12 * 3_600_000;
/** The storage is the site's own, and small: the most boards kept there. */
export const KEPT_LIMIT = 8;
export const WRITE_MS = 1_000;
const PREFIX = "news-ticker:";

export class Cache {
  #key;
  #limit;
  /** @type {Board|null} Waits to be written. */
  #board = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {string} name @param {number} limit How many items are kept. */
  constructor(name, limit) {
    this.#key = PREFIX + name;
    this.#limit = limit;
  }

  /** The board as it was kept, without what has expired since. */
  read() {
    return attempt(() => {
      /** @type {Kept} */
      const { at, cursor, items } = JSON.parse(localStorage[this.#key]);
      const now = Date.now();
      if (!(now - at < KEPT_MS)) return;
      return { cursor, items: items.filter(({ expires_at: end }) => !end || Date.parse(end) > now) };
    });
  }

  /** Keep a board that a message has changed. @param {Board} board @param {Message} message */
  keep(board, message) {
    const removed = message.type === "item" && isRemoval(message.action);
    if (removed) this.#others(({ items }) => items.some(({ id }) => id === message.item.id));
    this.#board = board;
    if (removed || message.type === "snapshot") this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WRITE_MS);
  }

  /** Write what waits, or the board as it is now. @param {Board|null} [board] */
  flush(board = this.#board) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#board = null;
    if (!board) return;
    const { cursor, items } = board;
    const now = Date.now();
    const text = JSON.stringify({ at: now, cursor, items: items.slice(0, this.#limit) });
    // What cannot be written (the quota) must not leave an older board behind.
    attempt(() => localStorage.removeItem(this.#key));
    attempt(() => localStorage.setItem(this.#key, text));
    let newer = 0;
    this.#others(({ at }) => !(now - at < KEPT_MS) || ++newer >= KEPT_LIMIT);
  }

  /**
   * Throw boards of other subscriptions away, asked from the newest to the oldest.
   *
   * @param {(kept: Kept) => boolean} unwanted
   */
  #others(unwanted) {
    attempt(() => {
      /** @type {[string, Kept][]} */
      const kept = [];
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(PREFIX) || key === this.#key) continue;
        kept.push([key, JSON.parse(localStorage[key])]);
      }
      kept.sort(([, a], [, b]) => b.at - a.at);
      for (const [key, board] of kept) if (unwanted(board)) localStorage.removeItem(key);
    });
  }
}

/** @template T @param {() => T} act @returns {T|undefined} */
function attempt(act) {
  try {
    return act();
  } catch {
    // No storage in Node or in an opaque origin, none when the reader has forbidden it, a full one,
    // or what lies there is not ours. A page without a memory works all the same.
  }
}
