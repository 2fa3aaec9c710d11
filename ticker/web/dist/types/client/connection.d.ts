export class Connection {
    /** @param {URL} base @param {URLSearchParams} query @param {Transport[]} transports @param {Owner} owner */
    constructor(base: URL, query: URLSearchParams, transports: Transport[], owner: Owner);
    start(): void;
    stop(): void;
    /** When it will do something of its own accord; ms since 1970. */
    get due(): number;
    /**
     * The network or the reader came back: do not sit out a long wait, do not trust an old link.
     *
     * @param {boolean} network
     */
    wake(network: boolean): void;
    /** Something happened to the network: ask the link for a sign of life, soon. */
    probe(): void;
    #private;
}
/**
 * One link at a time, for as long as it is wanted: connects, waits, notices silence, and changes
 * the transport. What was heard is for its owner.
 *
 * A transport that was welcomed is kept. Two links in a row without a welcome, and the next one's
 * turn has come. On a worse one the better ones get another chance now and then; the cursor sees to
 * it that nothing is missed meanwhile.
 */
export type Phase = "connecting" | "live" | "waiting" | "stopped";
/**
 * One link at a time, for as long as it is wanted: connects, waits, notices silence, and changes
 * the transport. What was heard is for its owner.
 *
 * A transport that was welcomed is kept. Two links in a row without a welcome, and the next one's
 * turn has come. On a worse one the better ones get another chance now and then; the cursor sees to
 * it that nothing is missed meanwhile.
 */
export type Owner = {
    /**
     * Where to resume.
     */
    cursor: () => string | null;
    /**
     * The server does not know it.
     */
    dropCursor: () => void;
    hear: (message: Message, live: boolean) => void;
    /**
     * After
     * `stopped` nothing more is done.
     */
    report: (status: {
        phase: Phase;
        retryAt?: number;
        error: string | null;
    }) => void;
};
import type { Transport } from "./transports.js";
import type { Message } from "./board.js";
