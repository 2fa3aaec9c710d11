/**
 * What the options of a ticker and of several subscriptions have in common. The widget does without it.
 *
 * @import { ReaderOptions } from "./reader.js"
 * @import { State } from "./state.js"
 * @import { Transport } from "./transports.js"
 */

import { withToken } from "./tokens.js";
import { eventSource, poll, webSocket } from "./transports.js";
import { wholeSnapshots } from "./whole.js";

/**
 * Return transports that send the token, if there is one, and pass on whole snapshots.
 *
 * @param {{transports?: Transport[], token?: ReaderOptions["token"]}} options
 */
export function transportsOf({ transports, token }) {
  const withOne = token && withToken(typeof token === "string" ? () => token : token);
  return wholeSnapshots(transports ?? (withOne || [webSocket, eventSource, poll]));
}

/**
 * Return the state to begin with, or undefined if there is nothing to tell.
 *
 * @param {number|"all"} backlog @param {string|null} [cursor] @returns {Partial<State>|undefined}
 */
export function stateOf(backlog, cursor) {
  const state = { ...(cursor && { cursor }), ...(backlog === "all" && { limit: Infinity }) };
  return Object.keys(state).length ? state : undefined;
}
