/** Part of the names: clients that would not understand each other share nothing. */
export const CHANNEL_VERSION: 1;
/** A follower's reminder comes so much later than the leader's own timer. */
export const GRACE_MS: 250;
export class Tabs {
    /** @param {string} name @param {Crew} crew */
    constructor(name: string, crew: Crew);
    leading: boolean;
    /** Returns whether there is anything to join; if so, `lead` is called when it is our turn. */
    join(): boolean;
    /** Hand over. Harmless when not joined. */
    leave(): void;
    /**
     * The board has moved because of a message. The leader says so to the others.
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
     * Hold the link.
     */
    lead: () => void;
    /**
     * Let go of it.
     */
    follow: () => void;
    /**
     * Of the board.
     */
    cursor: () => string | null;
    status: () => Status;
    due: () => number;
    /**
     * Do what is due.
     */
    tick: () => void;
    wake: (network: boolean) => void;
    fold: (message: Message) => void;
    mirror: (status: Status) => void;
    /**
     * For a tab that stands at `cursor`.
     */
    snapshot: (cursor: string | null) => Message[];
};
/**
 * From a follower.
 */
export type Order = {
    kind: "ask" | "tick" | "wake";
    from: string;
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
     * Only for this tab, if not empty.
     */
    to: string;
    due: number;
    /**
     * Where its board stood before `messages`, or stands.
     */
    prev: string | null;
    messages: Message[];
    status: Status;
};
import type { Message } from "./board.js";
import type { Status } from "./ticker.js";
