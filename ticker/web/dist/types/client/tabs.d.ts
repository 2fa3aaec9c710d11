/** Part of the names: clients that would not understand each other share nothing. */
export const CHANNEL_VERSION: 1;
/** A leader may be late by so much; and up to once more, so that two followers are not at once. */
export const GRACE_MS: 250;
export class Tabs {
    /** @param {string} name Empty: share nothing. @param {Connection} connection @param {Crew} crew */
    constructor(name: string, connection: Connection, crew: Crew);
    /** Whether this tab holds the link. */
    leading: boolean;
    /** Hold the link, now or when it is our turn. */
    join(): void;
    /** Hand over. Harmless when not joined. */
    leave(): void;
    /**
     * A message has reached the board, which stood at `prev`. The leader tells the others.
     *
     * @param {string|null} prev @param {Message} message
     */
    heard(prev: string | null, message: Message): void;
    /** The leader's status has changed. */
    report(): void;
    /** The network or the reader came back. @param {boolean} network */
    wake(network: boolean): void;
    #private;
}
/**
 * What the tab can do in either role.
 */
export type Crew = {
    /**
     * Of the board.
     */
    cursor: () => string | null;
    status: () => Status;
    fold: (message: Message) => void;
    mirror: (status: Status) => void;
    /**
     * For a tab that stands there; nothing if
     * that is where this one stands.
     */
    snapshot: (cursor: string | null) => Message[];
};
/**
 * From a follower: it has missed something, or the reader came back to it.
 */
export type Order = {
    from: number;
    /**
     * Its cursor.
     */
    ask?: string | null | undefined;
    /**
     * Whether it was the network that came back.
     */
    network?: boolean | undefined;
};
/**
 * From the leader.
 */
export type News = {
    /**
     * Only for this tab, if not 0.
     */
    to: number;
    /**
     * It has only begun.
     */
    lead?: boolean | undefined;
    due: number;
    /**
     * Where its board stood before `messages`, or stands.
     */
    prev: string | null;
    messages: Message[];
    status: Status;
};
import type { Message } from "./board.js";
import type { Connection } from "./connection.js";
import type { Status } from "./ticker.js";
