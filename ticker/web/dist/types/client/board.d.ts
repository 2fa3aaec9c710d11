/**
 * Display order: pins first, then newest first, ties by id descending.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function inOrder(a: Item, b: Item): 1 | -1;
/**
 * Fold one message into a board. Pure: returns a new board, or the same one when nothing moved;
 * `items` stays the same array unless what a reader sees has changed.
 *
 * @param {Board} board
 * @param {Message} message
 * @returns {Board}
 */
export function apply(board: Board, message: Message): Board;
/** @param {Action} action */
export function isRemoval(action: Action): action is "retract" | "expire";
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 *
 * @typedef {"ticker"|"urgent"|"bulletin"|"flash"} Level
 * @typedef {"publish"|"update"|"correct"|"retract"|"expire"|"pin"|"unpin"} Action
 *
 * @typedef {{href: string, type: string, alt: string|null}} Media A picture or clip beside an item.
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
 * @property {Media[]} media
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
 */
/** The most lines a board keeps; the oldest unpinned ones fall off. */
export const BOARD_LIMIT: 200;
/** The most removals a board remembers; a removal that old cannot be overtaken any more. */
export const GONE_LIMIT: 500;
/** @type {Board} */
export const EMPTY: Board;
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type Level = "ticker" | "urgent" | "bulletin" | "flash";
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type Action = "publish" | "update" | "correct" | "retract" | "expire" | "pin" | "unpin";
/**
 * A picture or clip beside an item.
 */
export type Media = {
    href: string;
    type: string;
    alt: string | null;
};
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
    media: Media[];
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
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
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
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type Snapshot = {
    type: "snapshot";
    cursor: string;
    items: Item[];
};
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type ItemEvent = {
    type: "item";
    cursor: string;
    action: Action;
    item: Item;
};
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type Heartbeat = {
    type: "heartbeat";
    cursor: string;
};
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type Goodbye = {
    type: "goodbye";
    reason: string;
    reconnect: boolean;
    delay_ms: number;
};
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type Failure = {
    type: "error";
    code: string;
    message: string;
};
/**
 * What a reader sees, as a fold: messages in, boards out. Pure; PROTOCOL.md is the contract.
 *
 * The cursor moves only when the board holds what lies before it, and every act raises its item's
 * version. So a link may break between any two frames, and any stretch may be delivered again.
 */
export type Message = Welcome | Snapshot | ItemEvent | Heartbeat | Goodbye | Failure;
