/**
 * The client's `Ticker`: the widget's, with what only programs need.
 *
 * @import { Filter } from "./filters.js"
 * @import { BasicOptions } from "./ticker.js"
 *
 * @typedef {object} ReaderOptions
 * @property {string} [after] Resume after this cursor.
 * @property {string|((refused: boolean) => string | Promise<string>)} [token] A reader token, or a function as
 *   for `withToken`, for protected editions.
 *
 * @property {number|"all"} [backlog] Maximum number of items in a snapshot, up to 200; `"all"`: all that match. After
 *   a reset, one with 0 gets all, too. Default: 20.
 *
 * @typedef {Omit<BasicOptions, "backlog"> & Filter & ReaderOptions} Options
 */

import { queryOf } from "./filters.js";
import { stateOf, transportsOf } from "./options.js";
import { Ticker as Basic } from "./ticker.js";

/** One subscription, with the whole filter of the protocol. */
export class Ticker extends Basic {
  /** @param {Options} [options] */
  constructor({ exclude, any, after, token, backlog = 20, transports, ...options } = {}) {
    const all = backlog === "all";
    const own = all || !backlog || transports || token; // not those of a shared connection
    super(
      {
        ...(own && { transports: transportsOf({ transports, token }) }),
        // Others on a connection may be at another cursor: this one would get a snapshot.
        ...(after && { share: false }),
        state: stateOf(backlog, after),
        ...options,
        // A part of all items must not be taken for all: too many for the storage, or without their pages.
        ...(all && { share: false, cache: false, state: { ...options.state, ...stateOf(backlog, after) } }),
        backlog: /** @type {number} */ (backlog),
      },
      queryOf({ exclude, any }),
    );
  }
}
