/** Names of the filters of a subscription (PROTOCOL.md §4). */
export const FACETS: readonly ["edition", "section", "region", "tag", "story", "level"];
declare const Ticker_base: new () => Events;
/**
 * One subscription. Events: `change` after every change of the items and after the removal of one that it
 * does not have (detail: `Change`), `status` after every change of the connection's status (detail: `Status`).
 */
export class Ticker extends Ticker_base {
    /** @param {BasicOptions} [options] @param {URLSearchParams} [query] What else the filter has. */
    constructor(options?: BasicOptions, query?: URLSearchParams);
    /** Base URL of the newsroom. */
    base: URL;
    /** The cursor, and the items to show now. */
    get state(): State;
    /** The status of the connection. */
    get status(): Status;
    /** Connect, and stay connected until `stop`. Does nothing if already started. */
    start(): void;
    /** Disconnect. The items and the cursor stay: `start` resumes. */
    stop(): void;
    #private;
}
/**
 * The browser's client of the protocol (PROTOCOL.md): one subscription that reconnects and resumes.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("change", () => show(ticker.state.items));
 *     ticker.start();
 *
 * This class has the items (`state`), the status and the local cache (`cache`). All subscriptions of a
 * browser share one connection (`hub`, `tabs`), over one of the transports (`connection`, `timing`).
 */
export type Status = {
    /**
     * `waiting`: until the next attempt.
     */
    phase: "idle" | "connecting" | "live" | "waiting" | "stopped";
    /**
     * Start of the phase, if it is `live` or `idle`; else the time when the items
     * were last known to be current, or of the first attempt; ms since 1970.
     */
    since: number;
    /**
     * Time of the next attempt in phase `waiting`; ms since 1970.
     */
    retryAt: number | null;
    /**
     * Reason for `stopped`, or for the end of the last connection.
     */
    error: string | null;
};
/**
 * The browser's client of the protocol (PROTOCOL.md): one subscription that reconnects and resumes.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("change", () => show(ticker.state.items));
 *     ticker.start();
 *
 * This class has the items (`state`), the status and the local cache (`cache`). All subscriptions of a
 * browser share one connection (`hub`, `tabs`), over one of the transports (`connection`, `timing`).
 */
export type StatusUpdate = Pick<Status, "phase"> & Partial<Status>;
/**
 * The browser's client of the protocol (PROTOCOL.md): one subscription that reconnects and resumes.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("change", () => show(ticker.state.items));
 *     ticker.start();
 *
 * This class has the items (`state`), the status and the local cache (`cache`). All subscriptions of a
 * browser share one connection (`hub`, `tabs`), over one of the transports (`connection`, `timing`).
 */
export type Change = {
    /**
     * The message that caused it.
     */
    message: Message;
    /**
     * The previous state.
     */
    before: State;
    /**
     * Whether the server could not replay: this snapshot replaces all items.
     */
    reset: boolean;
};
/**
 * Facets are combined with AND, the values of one facet with OR. A facet that
 * is not given does not filter.
 */
export type BasicOptions = {
    /**
     * Base URL of the newsroom. Default: the origin of this module.
     */
    url?: string | URL | undefined;
    edition?: string | readonly string[] | undefined;
    section?: string | readonly string[] | undefined;
    region?: string | readonly string[] | undefined;
    tag?: string | readonly string[] | undefined;
    story?: string | readonly string[] | undefined;
    /**
     * Lowest level.
     */
    level?: Level | undefined;
    /**
     * Maximum number of items in a snapshot, up to 200. Default: 20.
     */
    backlog?: number | undefined;
    /**
     * State to continue from, for example from server-side rendering.
     */
    state?: Partial<State> | undefined;
    /**
     * Keep the last state in localStorage and start with it. Default: false.
     */
    cache?: boolean | undefined;
    /**
     * Share one connection with all subscriptions of the browser to this
     * newsroom. Default: true, except with `transports`, and with a `backlog` of 0.
     */
    share?: boolean | undefined;
    /**
     * In order of preference.
     */
    transports?: Transport[] | undefined;
};
/**
 * The browser's client of the protocol (PROTOCOL.md): one subscription that reconnects and resumes.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("change", () => show(ticker.state.items));
 *     ticker.start();
 *
 * This class has the items (`state`), the status and the local cache (`cache`). All subscriptions of a
 * browser share one connection (`hub`, `tabs`), over one of the transports (`connection`, `timing`).
 */
export type Events = EventTarget & {
    addEventListener(type: "change", listener: (event: CustomEvent<Change>) => void, options?: boolean | AddEventListenerOptions): void;
    addEventListener(type: "status", listener: (event: CustomEvent<Status>) => void, options?: boolean | AddEventListenerOptions): void;
    removeEventListener(type: "change", listener: (event: CustomEvent<Change>) => void, options?: boolean | EventListenerOptions): void;
    removeEventListener(type: "status", listener: (event: CustomEvent<Status>) => void, options?: boolean | EventListenerOptions): void;
};
import type { State } from "./state.js";
import type { Message } from "./state.js";
import type { Level } from "./state.js";
import type { Transport } from "./transports.js";
export {};
