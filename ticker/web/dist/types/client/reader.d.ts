/** One subscription, with the whole filter of the protocol. */
export class Ticker extends Basic {
    /** @param {Options} [options] */
    constructor({ exclude, any, after, token, backlog, transports, ...options }?: Options);
}
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
    /**
     * Maximum number of items in a snapshot, up to 200; `"all"`: all that match. After
     * a reset, one with 0 gets all, too. Default: 20.
     */
    backlog?: number | "all" | undefined;
};
/**
 * The client's `Ticker`: the widget's, with what only programs need.
 */
export type Options = Omit<BasicOptions, "backlog"> & Filter & ReaderOptions;
import { Ticker as Basic } from "./ticker.js";
import type { BasicOptions } from "./ticker.js";
import type { Filter } from "./filters.js";
