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
 * @typedef {BasicOptions & Filter & ReaderOptions} Options
 */

import { queryOf } from "./filters.js";
import { Ticker as Basic } from "./ticker.js";
import { withToken } from "./tokens.js";

/** One subscription, with the whole filter of the protocol. */
export class Ticker extends Basic {
  /** @param {Options} [options] */
  constructor({ exclude, any, after, token, ...options } = {}) {
    super(
      {
        ...(token && { transports: transportsFor(token) }),
        // Others on a connection may be at another cursor: this one would get a snapshot.
        ...(after && { state: { cursor: after }, share: false }),
        ...options,
      },
      queryOf({ exclude, any }),
    );
  }
}

/** @param {NonNullable<ReaderOptions["token"]>} token */
export const transportsFor = (token) => withToken(typeof token === "string" ? () => token : token);
