/**
 * Return transports that send the token, if there is one, and pass on whole snapshots.
 *
 * @param {{transports?: Transport[], token?: ReaderOptions["token"]}} options
 */
export function transportsOf({ transports, token }: {
    transports?: Transport[];
    token?: ReaderOptions["token"];
}): Transport[];
/**
 * Return the state to begin with, or undefined if there is nothing to tell.
 *
 * @param {number|"all"} backlog @param {string|null} [cursor] @returns {Partial<State>|undefined}
 */
export function stateOf(backlog: number | "all", cursor?: string | null): Partial<State> | undefined;
import type { Transport } from "./transports.js";
import type { ReaderOptions } from "./reader.js";
import type { State } from "./state.js";
