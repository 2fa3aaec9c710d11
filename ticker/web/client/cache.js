/**
 * Keep the last state in localStorage, so that a page can show items before the first message arrives
 * and resume from their cursor.
 *
 * Retracted text must not stay in the storage: a removal is written immediately, and cached states of
 * other subscriptions that contain the item are deleted. All other changes are written at most once a
 * second.
 *
 * @import { Message, State } from "./state.js"
 * @typedef {{at: number, cursor: State["cursor"], items: State["items"]}} Entry `at`: time of writing,
 *   in ms since 1970.
 */

import { isRemoval } from "./state.js";

/** An entry older than this is ignored: too much of it may be out of date. */
export const MAX_AGE_MS = 12 * 3_600_000;
/** Maximum number of entries. The storage is small and belongs to the embedding site. */
export const MAX_ENTRIES = 8;
export const WRITE_INTERVAL_MS = 1_000;
const PREFIX = "news-ticker:";

export class Cache {
  #key;
  #limit;
  /** @type {State|null} The state to write next. */
  #pending = null;
  /** @type {ReturnType<typeof setTimeout>|null} */
  #timer = null;

  /** @param {string} name @param {number} limit Maximum number of items in the entry. */
  constructor(name, limit) {
    this.#key = PREFIX + name;
    this.#limit = limit;
  }

  /** Return the cached cursor and items, without items that have expired since. */
  read() {
    return tryStorage(() => {
      /** @type {Entry} */
      const { at, cursor, items } = JSON.parse(localStorage[this.#key]);
      const now = Date.now();
      if (!(now - at < MAX_AGE_MS)) return;
      return { cursor, items: items.filter(({ expires_at: end }) => !end || Date.parse(end) > now) };
    });
  }

  /** Save a state after `message` changed it. @param {State} state @param {Message} message */
  save(state, message) {
    this.#pending = state;
    if (message.type === "item" && isRemoval(message.action)) this.flush(state, message.item.id);
    else if (message.type === "snapshot") this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WRITE_INTERVAL_MS);
  }

  /**
   * Write `state` now, by default the pending one.
   *
   * @param {State|null} [state] @param {string} [removed] Id of an item; other entries that contain it
   *   are deleted.
   */
  flush(state = this.#pending, removed) {
    clearTimeout(/** @type {number} */ (this.#timer)); // null is no timer
    this.#pending = this.#timer = null;
    if (!state) return;
    const { cursor, items } = state;
    const at = Date.now();
    tryStorage(() => {
      // If writing fails (quota), an older state must not be left behind.
      delete localStorage[this.#key];
      Object.keys(localStorage)
        .filter((key) => key.startsWith(PREFIX))
        .map((key) => ({ key, .../** @type {Entry} */ (JSON.parse(localStorage[key])) }))
        .sort((a, b) => b.at - a.at)
        .forEach((entry, n) => {
          const old = n > MAX_ENTRIES - 2 || at - entry.at >= MAX_AGE_MS;
          if (old || entry.items.some(({ id }) => id === removed)) delete localStorage[entry.key];
        });
      const entry = { at, cursor, items: items.slice(0, this.#limit) };
      localStorage.setItem(this.#key, JSON.stringify(entry));
    });
  }
}

/**
 * Run a function that uses localStorage. Returns undefined if it throws.
 *
 * @template T @param {() => T} action @returns {T|undefined}
 */
export function tryStorage(action) {
  try {
    return action();
  } catch {
    // No storage in Node.js or in an opaque origin; blocked by the reader; full; or an entry that
    // another program wrote. The page works without a cache.
  }
}
