/** Part of the lock's and channel's name: incompatible versions of the client share nothing. */
export const CHANNEL_VERSION: 1;
/** Time that a leader may be late. Up to twice this, at random, so that two followers do not act at once. */
export const GRACE_MS: 250;
export class Tabs {
    /**
     * @param {string} name Tabs with the same name share a connection; empty: share nothing.
     * @param {Connection} connection @param {Callbacks} callbacks
     */
    constructor(name: string, connection: Connection, callbacks: Callbacks);
    /** Whether this tab holds the connection. */
    leading: boolean;
    /** Join the group: follow its leader, and queue to become the leader. */
    join(): void;
    /** Leave the group. Does nothing if not joined. */
    leave(): void;
    /**
     * Note that a message was applied; the leader passes it on.
     *
     * @param {string|null} prev The cursor before the message. @param {Message} message
     */
    received(prev: string | null, message: Message): void;
    /** Pass the leader's new status on. */
    statusChanged(): void;
    /** The network came back, or the page was shown. @param {boolean} network */
    wake(network: boolean): void;
    #private;
}
/**
 * Share one connection between tabs: tabs with equal subscriptions elect a leader, which holds the
 * connection and passes its messages on.
 *
 * The leader holds a Web Lock and the other tabs queue for it, so when the leader's tab closes or
 * crashes, the browser elects the next one. Tabs communicate over a BroadcastChannel. The leader posts
 * every message together with the cursor that it had before the message. A follower with the same
 * cursor applies it like a message from its own connection. So does a follower that had this cursor
 * earlier, when a new leader resumes from an older cursor: items that it already has do not change,
 * because every action raises its item's version. Any other follower has missed something; it sends
 * its own cursor and gets a snapshot of the leader's state. Two leaders at once, in the moment between
 * taking the lock and noticing it, are harmless.
 *
 * Each post contains the time (`due`) by which the leader posts again. A leader that misses it is
 * frozen, or its timers are throttled in a hidden tab: a visible follower then takes the lock by force.
 * The former leader queues for the lock when it wakes up.
 *
 * Without Web Locks (plain HTTP), without BroadcastChannel, or in an opaque origin, which may use
 * neither, each tab is its own leader.
 */
export type Callbacks = {
    cursor: () => string | null;
    status: () => Status;
    /**
     * Apply a message of the leader.
     */
    receive: (message: Message) => void;
    /**
     * Take over the leader's status.
     */
    setStatus: (status: Status) => void;
    /**
     * Return the messages that bring a tab with
     * this cursor up to date.
     */
    snapshot: (cursor: string | null) => Message[];
};
/**
 * From a follower: it has missed something, or its page was shown.
 */
export type Request = {
    from: number;
    /**
     * Its cursor, to get a snapshot.
     */
    cursor?: string | null | undefined;
    /**
     * Whether the network came back.
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
    due: number;
    /**
     * The leader's cursor before `messages`.
     */
    prev: string | null;
    messages: Message[];
    status: Status;
};
import type { Message } from "./state.js";
import type { Connection } from "./connection.js";
import type { Status } from "./ticker.js";
