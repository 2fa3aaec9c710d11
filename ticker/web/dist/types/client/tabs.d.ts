/** Part of the lock's and channel's name: incompatible versions of the client share nothing. */
export const CHANNEL_VERSION: 2;
/** Time that a leader may be late. Up to twice this, at random, so that two followers do not act at once. */
export const GRACE_MS: 250;
export function groupName(name: string): string;
export class Tabs {
    /** @param {string} name Tabs with the same name elect a leader; empty: each one is it. @param {Callbacks} callbacks */
    constructor(name: string, callbacks: Callbacks);
    /** Whether this tab is the leader. */
    leading: boolean;
    /** Join the group: follow its leader, and queue to become the leader. */
    join(): void;
    /** Leave the group. Does nothing if not joined. */
    leave(): void;
    /** Send a message to all other tabs. @param {object} data */
    post(data: object): void;
    /** Take the lock if nothing is heard of the leader until `due`, and this page is visible then. */
    watch(due: number): void;
    #private;
}
/**
 * Elect one tab of a browser that holds the connection, and pass messages between the tabs.
 *
 * The leader holds a Web Lock and the other tabs queue for it, so when the leader's tab closes or
 * crashes, the browser elects the next one. Tabs communicate over a BroadcastChannel.
 *
 * The leader says with each post by when it posts again. A leader that misses this time is frozen, or
 * its timers are throttled in a hidden tab: a visible follower then takes the lock by force. The former
 * leader queues for the lock when it wakes up. Two leaders at once, in the moment between taking the
 * lock and noticing it, are harmless.
 *
 * Without Web Locks (plain HTTP), without BroadcastChannel, or in an opaque origin, which may use
 * neither, each tab is its own leader.
 */
export type Callbacks = {
    /**
     * This tab is the leader from now on.
     */
    lead: () => void;
    /**
     * This tab is no longer the leader, or has joined: another one may be it.
     */
    follow: () => void;
    /**
     * This tab leads no more. Called at the end of each leadership.
     */
    quit: () => void;
    /**
     * A message of another tab.
     */
    receive: (data: any) => void;
};
