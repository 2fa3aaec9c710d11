/**
 * The last steps of a board, each from one cursor to the next: what a tab tells another that missed
 * some, and how it knows that it has seen what it is told. Pure.
 *
 * @import { Message } from "./board.js"
 * @typedef {{prev: string, message: Message}} Step
 */

import { isRemoval } from "./board.js";

/** Steps kept. Who is further behind gets a snapshot. */
export const RECENT_LIMIT = 256;

export class Recent {
  /** @type {Step[]} A chain: each begins where the one before it ended. */
  #steps = [];

  /** @param {string|null} cursor */
  has(cursor) {
    return this.#steps.some(({ prev }) => prev === cursor);
  }

  /**
   * What came after a cursor, oldest first.
   *
   * @param {string|null} cursor One that it has.
   */
  after(cursor) {
    const at = this.#steps.findIndex(({ prev }) => prev === cursor);
    return this.#steps.slice(at).map(({ message }) => message);
  }

  /**
   * A message took the board from `prev` to `cursor`.
   *
   * @param {string|null} prev @param {string|null} cursor @param {Message} message
   */
  add(prev, cursor, message) {
    if (prev === cursor) return;
    const back = this.#steps.findIndex((step) => step.prev === cursor);
    if (back >= 0) {
      this.#steps.length = back; // a replay has begun here
    } else if (!prev || !cursor || message.type === "snapshot") {
      this.#steps = [];
    } else {
      if (message.type === "item" && isRemoval(message.action)) this.#scrub(message.item.id);
      // Anything else than an item that moves a cursor does nothing more.
      const told = message.type === "item" ? message : beat(cursor);
      this.#steps = [...this.#steps, { prev, message: told }].slice(-RECENT_LIMIT);
    }
  }

  /** A text that was taken back is not told again, not even followed by its removal. @param {string} id */
  #scrub(id) {
    for (const step of this.#steps) {
      const { message } = step;
      if (message.type === "item" && message.item.id === id) step.message = beat(message.cursor);
    }
  }
}

/** @param {string} cursor @returns {Message} */
const beat = (cursor) => ({ type: "heartbeat", cursor });
