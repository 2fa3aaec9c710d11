/** Part of the names: clients that would not understand each other share nothing. */
export const CHANNEL_VERSION: 1;
/** A follower's reminder comes so much later than the leader's own timer. */
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
 * From a follower.
 */
export type Order = {
    kind: "ask" | "tick" | "wake";
    from: number;
    cursor: string | null;
    /**
     * Whether that is what woke it up.
     */
    network: boolean;
};
/**
 * From the leader. After `bye` it leads no more.
 */
export type News = {
    kind: "lead" | "status" | "heard" | "answer" | "bye";
    /**
     * Only for this tab, if not 0.
     */
    to: number;
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
