/** One subscription, with the whole filter of the protocol. */
export class Ticker extends Basic {
    /** @param {Options} [options] */
    constructor({ exclude, any, after, token, ...options }?: Options);
}
export function transportsFor(token: NonNullable<ReaderOptions["token"]>): import("./transports.js").Transport[];
/**
 * The client's `Ticker`: the widget's, with what only programs need.
 */
export type ReaderOptions = {
    /**
     * Resume after this cursor.
     */
    after?: string | undefined;
    /**
     * A reader token, or a function as
     * for `withToken`, for protected editions.
     */
    token?: string | ((refused: boolean) => string | Promise<string>) | undefined;
};
/**
 * The client's `Ticker`: the widget's, with what only programs need.
 */
export type Options = BasicOptions & Filter & ReaderOptions;
import { Ticker as Basic } from "./ticker.js";
import type { BasicOptions } from "./ticker.js";
import type { Filter } from "./filters.js";
