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
  /** @type {ReturnType<typeof setTimeout>|null} */
  #timer = null;

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
    this.#board = board;
    if (message.type === "item" && isRemoval(message.action)) this.flush(board, message.item.id);
    else if (message.type === "snapshot") this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WRITE_MS);
  }

  /**
   * Write what waits, or the board as it is now.
   *
   * @param {Board|null} [board] @param {string} [gone] An item that no other board may hold.
   */
  flush(board = this.#board, gone) {
    clearTimeout(this.#timer ?? 0);
    this.#board = this.#timer = null;
    if (!board) return;
    const { cursor, items } = board;
    const at = Date.now();
    attempt(() => {
      // What cannot be written (the quota) must not leave an older board behind.
      localStorage.removeItem(this.#key);
      Object.keys(localStorage)
        .filter((key) => key.startsWith(PREFIX))
        .map((key) => ({ key, .../** @type {Kept} */ (JSON.parse(localStorage[key])) }))
        .sort((a, b) => b.at - a.at)
        .forEach((kept, n) => {
          const old = n > KEPT_LIMIT - 2 || at - kept.at >= KEPT_MS;
          if (old || kept.items.some(({ id }) => id === gone)) localStorage.removeItem(kept.key);
        });
      const kept = { at, cursor, items: items.slice(0, this.#limit) };
      localStorage.setItem(this.#key, JSON.stringify(kept));
    });
  }
}

/**
 * Use the storage, if there is one; what goes wrong with it is nobody's concern.
 *
 * @template T @param {() => T} act @returns {T|undefined}
 */
export function attempt(act) {
  try {
    return act();
  } catch {
    // No storage in Node or in an opaque origin, none when the reader has forbidden it, a full one,
    // or what lies there is not ours. A page without a memory works all the same.
  }
}
