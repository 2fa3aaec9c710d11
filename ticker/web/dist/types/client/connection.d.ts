export class Connection {
    /**
     * @param {URL} base @param {Transport[]} transports @param {Callbacks} callbacks
     */
    constructor(base: URL, transports: Transport[], callbacks: Callbacks);
    start(): void;
    stop(): void;
    /** Time of the next action, if no message arrives before it; ms since 1970. */
    get due(): number;
    /**
     * React to the network coming back (`network`) or the page being shown: end a long delay, and check
     * an existing connection.
     *
     * @param {boolean} network
     */
    wake(network: boolean): void;
    /** Whether the server has answered the subscriptions of this connection. */
    get welcomed(): boolean;
    /** Send a message. Returns whether the transport takes it. @param {{type: string}} message */
    send(message: {
        type: string;
    }): boolean;
    /** Ping the server, and close the connection if it does not answer soon. */
    probe(): void;
    #private;
}
/**
 * Keep one connection open: connect, detect silence, reconnect with backoff, and change the transport
 * when it does not work.
 *
 * A transport that received a welcome is kept. After two attempts without a welcome, the next transport
 * is tried. While a less preferred transport is in use, the preferred one is tried again from time to
 * time; the cursor ensures that no item is lost in between.
 */
export type Phase = "connecting" | "live" | "waiting" | "stopped";
/**
 * Keep one connection open: connect, detect silence, reconnect with backoff, and change the transport
 * when it does not work.
 *
 * A transport that received a welcome is kept. After two attempts without a welcome, the next transport
 * is tried. While a less preferred transport is in use, the preferred one is tried again from time to
 * time; the cursor ensures that no item is lost in between.
 */
export type Callbacks = {
    /**
     * Return the query of the next attempt.
     */
    query: () => URLSearchParams;
    receive: (message: Message) => void;
    /**
     * After
     * `stopped`, the connection does nothing more.
     */
    setStatus: (status: {
        phase: Phase;
        retryAt?: number;
        error: string | null;
    }) => void;
};
import type { Transport } from "./transports.js";
import type { Message } from "./state.js";
