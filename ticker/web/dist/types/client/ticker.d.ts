/**
 * Display order: pins first, then newest first, ties by id descending.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function inOrder(a: Item, b: Item): 1 | -1 | 0;
/**
 * Fold one message into a board. Pure: returns a new board, or the same one when nothing moved;
 * `items` stays the same array unless what a reader sees has changed.
 *
 * @param {Board} board
 * @param {Message} message
 * @returns {Board}
 */
export function apply(board: Board, message: Message): Board;
/**
 * How long to wait before attempt number `attempt` (from 0), in ms.
 *
 * @param {number} attempt
 * @param {() => number} [random]
 */
export function backoff(attempt: number, random?: () => number): number;
/**
 * Whether a close code allows another attempt: 4400–4499 say that the same request fails again.
 *
 * @param {number} code
 */
export function comesBack(code: number): boolean;
export function webSocket(base: URL, query: URLSearchParams, ear: Ear): Link;
export function eventSource(base: URL, query: URLSearchParams, ear: Ear): Link;
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 *
 * @typedef {"ticker"|"urgent"|"bulletin"|"flash"} Level
 * @typedef {"publish"|"update"|"correct"|"retract"|"expire"|"pin"|"unpin"} Action
 *
 * @typedef {object} Item One line as the public sees it; after a removal only the first fields.
 * @property {string} id
 * @property {number} version
 * @property {"usable"|"canceled"} status
 * @property {string} edition
 * @property {string} updated_at
 * @property {string} published_at
 * @property {Level} level
 * @property {string} language
 * @property {"ltr"|"rtl"|"auto"} dir
 * @property {string} headline
 * @property {string|null} summary
 * @property {string|null} speaker
 * @property {string|null} source
 * @property {string[]} sections
 * @property {string[]} regions
 * @property {string[]} tags
 * @property {string|null} story
 * @property {string|null} link
 * @property {"confirmed"|"attributed"|"developing"} verification
 * @property {string|null} expires_at
 * @property {boolean} pinned
 * @property {{text: string, at: string}|null} correction
 *
 * @typedef {object} Board What the reader sees, and the cursor up to which that is the whole truth.
 * @property {string|null} cursor
 * @property {readonly Item[]} items In display order.
 * @property {ReadonlyMap<string, number>} gone Removed ids and the version that removed them.
 *
 * @typedef {{type: "welcome", mode: "snapshot"|"replay"|"live", reset: boolean,
 *   reason: string|null, cursor: string, heartbeat: number}} Welcome
 * @typedef {{type: "snapshot", cursor: string, items: Item[]}} Snapshot
 * @typedef {{type: "item", cursor: string, action: Action, item: Item}} ItemEvent
 * @typedef {{type: "heartbeat", cursor: string}} Heartbeat
 * @typedef {{type: "goodbye", reason: string, reconnect: boolean, delay_ms: number}} Goodbye
 * @typedef {{type: "error", code: string, message: string}} Failure
 * @typedef {Welcome|Snapshot|ItemEvent|Heartbeat|Goodbye|Failure} Message
 *
 * @typedef {object} Status
 * @property {"idle"|"connecting"|"live"|"waiting"|"stopped"} phase `waiting`: between two attempts.
 * @property {number} since When the screen was last known to be current, or when that was first
 *   wanted; ms since 1970.
 * @property {number|null} retryAt When the next attempt is due, in phase `waiting`.
 * @property {string|null} error Why it is `stopped`, or what broke the last link.
 */
/** The most lines a board keeps; the oldest unpinned ones fall off. */
export const BOARD_LIMIT: 200;
/** The most removals a board remembers; a removal that old cannot be overtaken any more. */
export const GONE_LIMIT: 500;
/** Full jitter: the n-th wait is uniform between 0 and min(cap, base × 2ⁿ) ms. */
export const BACKOFF_BASE_MS: 1000;
export const BACKOFF_CAP_MS: 30000;
/** A server may ask for a longer wait with `goodbye`, up to this. */
export const GOODBYE_CAP_MS: 120000;
/** A link that has not said welcome by then is given up. */
export const WELCOME_MS: 10000;
/** How long the answer to a `ping` may take when the browser suspects that the link is dead. */
export const PROBE_MS: 5000;
/** @type {Board} */
export const EMPTY: Board;
/**
 * One subscription. Events: `board` after every change of what is seen (detail `Change`), `status`
 * when the link's state changes (detail `Status`).
 *
 * @typedef {object} Change
 * @property {Message} message What changed it.
 * @property {Board} before The board as it was.
 * @property {boolean} reset The server could not replay: this snapshot replaces what was shown.
 */
export class Ticker extends EventTarget {
    /**
     * @param {object} [options]
     * @param {string|URL} [options.url] The newsroom; by default where this module came from.
     * @param {string|string[]} [options.edition] Facets AND, values of one OR; none means all.
     * @param {string|string[]} [options.section]
     * @param {string|string[]} [options.region]
     * @param {string|string[]} [options.tag]
     * @param {string|string[]} [options.story] Only these stories.
     * @param {Level} [options.level] The lowest level wanted.
     * @param {number} [options.backlog] How many lines a snapshot holds, up to 200.
     * @param {Board} [options.board] To continue from, for example one kept from the last visit.
     * @param {Transport[]} [options.transports] In order of preference.
     */
    constructor(options?: {
        url?: string | URL | undefined;
        edition?: string | string[] | undefined;
        section?: string | string[] | undefined;
        region?: string | string[] | undefined;
        tag?: string | string[] | undefined;
        story?: string | string[] | undefined;
        level?: Level | undefined;
        backlog?: number | undefined;
        board?: Board | undefined;
        transports?: Transport[] | undefined;
    });
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
 * What a transport tells of its link: each frame as an object, then exactly one end.
 */
export type Ear = {
    message: (message: Message) => void;
    end: (code: number, reason: string) => void;
};
/**
 * What a transport tells of its link: each frame as an object, then exactly one end.
 */
export type Link = {
    /**
     * After it the ear hears nothing more, not even the end.
     */
    close: () => void;
    /**
     * Null if the transport is one-way.
     */
    send: ((message: object) => void) | null;
};
/**
 * What a transport tells of its link: each frame as an object, then exactly one end.
 */
export type Transport = (base: URL, query: URLSearchParams, ear: Ear) => Link;
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Level = "ticker" | "urgent" | "bulletin" | "flash";
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Action = "publish" | "update" | "correct" | "retract" | "expire" | "pin" | "unpin";
/**
 * One line as the public sees it; after a removal only the first fields.
 */
export type Item = {
    id: string;
    version: number;
    status: "usable" | "canceled";
    edition: string;
    updated_at: string;
    published_at: string;
    level: Level;
    language: string;
    dir: "ltr" | "rtl" | "auto";
    headline: string;
    summary: string | null;
    speaker: string | null;
    source: string | null;
    sections: string[];
    regions: string[];
    tags: string[];
    story: string | null;
    link: string | null;
    verification: "confirmed" | "attributed" | "developing";
    expires_at: string | null;
    pinned: boolean;
    correction: {
        text: string;
        at: string;
    } | null;
};
/**
 * What the reader sees, and the cursor up to which that is the whole truth.
 */
export type Board = {
    cursor: string | null;
    /**
     * In display order.
     */
    items: readonly Item[];
    /**
     * Removed ids and the version that removed them.
     */
    gone: ReadonlyMap<string, number>;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Welcome = {
    type: "welcome";
    mode: "snapshot" | "replay" | "live";
    reset: boolean;
    reason: string | null;
    cursor: string;
    heartbeat: number;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Snapshot = {
    type: "snapshot";
    cursor: string;
    items: Item[];
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type ItemEvent = {
    type: "item";
    cursor: string;
    action: Action;
    item: Item;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Heartbeat = {
    type: "heartbeat";
    cursor: string;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Goodbye = {
    type: "goodbye";
    reason: string;
    reconnect: boolean;
    delay_ms: number;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Failure = {
    type: "error";
    code: string;
    message: string;
};
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 */
export type Message = Welcome | Snapshot | ItemEvent | Heartbeat | Goodbye | Failure;
/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
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
 * One subscription. Events: `board` after every change of what is seen (detail `Change`), `status`
 * when the link's state changes (detail `Status`).
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
