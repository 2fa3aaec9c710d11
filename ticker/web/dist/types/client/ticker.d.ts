/** What a subscription may choose by (PROTOCOL.md §4). */
export const FACETS: readonly ["edition", "section", "region", "tag", "story", "level"];
declare const Ticker_base: new () => Events;
/**
 * One subscription. Events: `board` after every change of what is seen (detail `Change`), `status`
 * when the link's state changes (detail `Status`).
 */
export class Ticker extends Ticker_base {
    /** @param {Options} [options] */
    constructor(options?: Options);
    base: URL;
    get board(): Board;
    get status(): Status;
    /** Connect, and stay connected until `stop`; harmless when already started. */
    start(): void;
    /** Disconnect. The board and its cursor stay: `start` resumes. */
    stop(): void;
    #private;
}
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * This class puts the parts together: what is seen (`board`), the link (`connection` over a
 * transport, with the waits of `pace`), the other tabs (`tabs`) and the memory (`cache`).
 */
export type Status = {
    /**
     * `waiting`: between two attempts.
     */
    phase: "idle" | "connecting" | "live" | "waiting" | "stopped";
    /**
     * When the screen was last known to be current, or when that was first
     * wanted; ms since 1970.
     */
    since: number;
    /**
     * When the next attempt is due, in phase `waiting`.
     */
    retryAt: number | null;
    /**
     * Why it is `stopped`, or what broke the last link.
     */
    error: string | null;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * This class puts the parts together: what is seen (`board`), the link (`connection` over a
 * transport, with the waits of `pace`), the other tabs (`tabs`) and the memory (`cache`).
 */
export type News = Pick<Status, "phase"> & Partial<Status>;
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * This class puts the parts together: what is seen (`board`), the link (`connection` over a
 * transport, with the waits of `pace`), the other tabs (`tabs`) and the memory (`cache`).
 */
export type Change = {
    /**
     * What changed it.
     */
    message: Message;
    /**
     * The board as it was.
     */
    before: Board;
    /**
     * The server could not replay: this snapshot replaces what was shown.
     */
    reset: boolean;
};
/**
 * Facets AND, values of one OR; none means all.
 */
export type Options = {
    /**
     * The newsroom; by default where this module came from.
     */
    url?: string | URL | undefined;
    edition?: string | readonly string[] | undefined;
    section?: string | readonly string[] | undefined;
    region?: string | readonly string[] | undefined;
    tag?: string | readonly string[] | undefined;
    story?: string | readonly string[] | undefined;
    /**
     * The lowest level wanted.
     */
    level?: Level | undefined;
    /**
     * How many lines a snapshot holds, up to 200; 20 if not said.
     */
    backlog?: number | undefined;
    /**
     * To continue from, for example one that came with the page.
     */
    board?: Partial<Board> | undefined;
    /**
     * Keep the last board in localStorage and begin with it; not by default.
     */
    cache?: boolean | undefined;
    /**
     * One connection for all tabs with an equal subscription, where the
     * browser can do that; by default.
     */
    share?: boolean | undefined;
    /**
     * In order of preference.
     */
    transports?: Transport[] | undefined;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * This class puts the parts together: what is seen (`board`), the link (`connection` over a
 * transport, with the waits of `pace`), the other tabs (`tabs`) and the memory (`cache`).
 */
export type Events = EventTarget & {
    addEventListener(type: "board", listener: (event: CustomEvent<Change>) => void, options?: boolean | AddEventListenerOptions): void;
    addEventListener(type: "status", listener: (event: CustomEvent<Status>) => void, options?: boolean | AddEventListenerOptions): void;
    removeEventListener(type: "board", listener: (event: CustomEvent<Change>) => void, options?: boolean | EventListenerOptions): void;
    removeEventListener(type: "status", listener: (event: CustomEvent<Status>) => void, options?: boolean | EventListenerOptions): void;
};
import type { Board } from "./board.js";
import type { Message } from "./board.js";
import type { Level } from "./board.js";
import type { Transport } from "./transports.js";
export {};
