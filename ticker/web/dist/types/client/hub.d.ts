/** Maximum number of subscriptions on a connection (PROTOCOL.md §6). */
export const MAX_SLOTS: 16;
/** Maximum number of their filters and alternatives (PROTOCOL.md §6). */
export const MAX_PARTS: 32;
/** Maximum length of their keys: the server accepts queries of 4,096 characters, and these are encoded. */
export const MAX_KEYS_LENGTH: 2300;
export function sharedHub(base: URL, transports: Transport[]): Hub;
export class Hub {
    /** @param {URL} base @param {Transport[]} transports @param {string} name Empty: share nothing with other tabs. */
    constructor(base: URL, transports: Transport[], name: string);
    /** Time of the last message; ms since 1970. */
    receivedAt: number;
    /** Begin subscriptions. @param {Sub[]} subs */
    join(...subs: Sub[]): void;
    /** End subscriptions, as far as they are there. @param {Sub[]} subs */
    leave(...subs: Sub[]): void;
    #private;
}
/**
 * One subscription of this page.
 */
export type Sub = {
    /**
     * Its query: filter and backlog. Equal ones are one on the connection.
     */
    key: string;
    state: State;
    live: boolean;
    /**
     * Its items have changed.
     */
    changed: (message: Message, before: State) => void;
    setStatus: (status: StatusUpdate) => void;
    /**
     * Store its state: the page may end.
     */
    flush: () => void;
    /**
     * The connection has no room for it: it needs one of its own.
     */
    overflow: () => void;
};
/**
 * One subscription on the connection.
 */
export type Slot = {
    /**
     * Empty while the server has not confirmed its end.
     */
    key: string;
    /**
     * Whether the connection's messages after the cursor are complete for it.
     */
    live: boolean;
    /**
     * Whether the server has been asked for it.
     */
    sent: boolean;
};
/**
 * Items by key; none if they are the same.
 */
export type States = Record<string, {
    items?: State["items"];
}>;
/**
 * From a follower.
 */
export type Request = {
    from: number;
    /**
     * What it wants; true: it is live.
     */
    subs: [key: string, cursor: string | null | true][];
    /**
     * Its page was shown; true: because the network came back.
     */
    network?: boolean | undefined;
};
/**
 * From the leader.
 */
export type Post = {
    /**
     * Id of the only tab that it is for; 0 for all.
     */
    to: number;
    /**
     * Whether the leader has just started.
     */
    lead?: boolean | undefined;
    /**
     * Time by which the leader posts again.
     */
    due: number;
    /**
     * The leader's cursor before `message`.
     */
    prev: string | null;
    message?: Message | undefined;
    /**
     * Answer to a request.
     */
    states?: States | undefined;
    slots: Map<number, Slot>;
    status: StatusUpdate;
};
import type { Transport } from "./transports.js";
import type { State } from "./state.js";
import type { Message } from "./state.js";
import type { StatusUpdate } from "./ticker.js";
