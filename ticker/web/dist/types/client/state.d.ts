/**
 * Compare two items for sorting in display order: pinned first, then newest first, ties by id
 * descending. The ids must differ.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function compareItems(a: Item, b: Item): 1 | -1;
/**
 * Apply one message to a state. Returns a new state, or the same one if nothing changed. `items` stays
 * the same array unless an item was added, changed or removed.
 *
 * @param {State} state
 * @param {Message} message
 * @returns {State}
 */
export function apply(state: State, message: Message): State;
/** @param {Action} action */
export function isRemoval(action: Action): action is "retract" | "expire";
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 *
 * @typedef {"ticker"|"urgent"|"bulletin"|"flash"} Level
 * @typedef {"publish"|"update"|"correct"|"retract"|"expire"|"pin"|"unpin"} Action
 *
 * @typedef {{width: number, height: number, widths: number[], formats: ("avif"|"webp"|"jpg")[]}} Renditions The
 *   largest size of a stored picture, and all of its widths and formats; the last is JPEG.
 * @typedef {{href: string, type: string, alt: string|null, credit?: string|null, id?: string|null,
 *   renditions?: Renditions|null}} Media A picture or video of an item.
 *
 * @typedef {object} Item A news item as the public sees it. A removal carries only the first fields.
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
 * @property {string} [replaces] The id of a retracted item that was withdrawn by mistake; this one publishes it again.
 *
 * @typedef {object} State
 * @property {string|null} cursor The position in the stream that `items` is current for.
 * @property {readonly Item[]} items In display order.
 * @property {ReadonlyMap<string, number>} removed Ids of removed items, with the version that removed
 *   them.
 * @property {number} [limit] Maximum number of items kept; the oldest unpinned ones are dropped first. Default: no limit.
 *
 * @typedef {{type: "welcome", mode: "snapshot"|"replay"|"live", reset: boolean,
 *   reason: string|null, cursor: string, heartbeat: number, subs?: number[]}} Welcome
 * @typedef {{type: "snapshot", cursor: string, items: Item[], more?: boolean, sub?: number}} Snapshot
 * @typedef {{type: "page", cursor: string, items: Item[], more: boolean, sub?: number}} Page
 * @typedef {{type: "item", cursor: string, action: Action, item: Item, subs?: number[],
 *   left?: number[]}} ItemEvent
 * @typedef {{type: "heartbeat", cursor: string}} Heartbeat
 * @typedef {{type: "goodbye", reason: string, reconnect: boolean, delay_ms: number, retry_ms?: number}} Goodbye
 * @typedef {{type: "error", code: string, message: string, sub?: number}} ErrorMessage
 * @typedef {{type: "unsubscribed", subs: number[]}} Unsubscribed
 * @typedef {Welcome|Snapshot|ItemEvent|Heartbeat|Goodbye|ErrorMessage|Unsubscribed} Message
 */
/** Maximum number of items kept, unless the subscription asks for all. */
export const MAX_ITEMS: 200;
/** Maximum number of removals remembered. Older removals can no longer be overtaken by an update. */
export const MAX_REMOVED: 500;
/** @type {State} */
export const EMPTY_STATE: State;
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Level = "ticker" | "urgent" | "bulletin" | "flash";
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Action = "publish" | "update" | "correct" | "retract" | "expire" | "pin" | "unpin";
/**
 * The
 * largest size of a stored picture, and all of its widths and formats; the last is JPEG.
 */
export type Renditions = {
    width: number;
    height: number;
    widths: number[];
    formats: ("avif" | "webp" | "jpg")[];
};
/**
 * A picture or video of an item.
 */
export type Media = {
    href: string;
    type: string;
    alt: string | null;
    credit?: string | null;
    id?: string | null;
    renditions?: Renditions | null;
};
/**
 * A news item as the public sees it. A removal carries only the first fields.
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
    /**
     * The id of a retracted item that was withdrawn by mistake; this one publishes it again.
     */
    replaces?: string | undefined;
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type State = {
    /**
     * The position in the stream that `items` is current for.
     */
    cursor: string | null;
    /**
     * In display order.
     */
    items: readonly Item[];
    /**
     * Ids of removed items, with the version that removed
     * them.
     */
    removed: ReadonlyMap<string, number>;
    /**
     * Maximum number of items kept; the oldest unpinned ones are dropped first. Default: no limit.
     */
    limit?: number | undefined;
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Welcome = {
    type: "welcome";
    mode: "snapshot" | "replay" | "live";
    reset: boolean;
    reason: string | null;
    cursor: string;
    heartbeat: number;
    subs?: number[];
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Snapshot = {
    type: "snapshot";
    cursor: string;
    items: Item[];
    more?: boolean;
    sub?: number;
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Page = {
    type: "page";
    cursor: string;
    items: Item[];
    more: boolean;
    sub?: number;
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type ItemEvent = {
    type: "item";
    cursor: string;
    action: Action;
    item: Item;
    subs?: number[];
    left?: number[];
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Heartbeat = {
    type: "heartbeat";
    cursor: string;
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Goodbye = {
    type: "goodbye";
    reason: string;
    reconnect: boolean;
    delay_ms: number;
    retry_ms?: number;
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type ErrorMessage = {
    type: "error";
    code: string;
    message: string;
    sub?: number;
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Unsubscribed = {
    type: "unsubscribed";
    subs: number[];
};
/**
 * The state of a subscription: the items that a page shows, and the cursor that they belong to.
 * Pure functions; PROTOCOL.md is the contract.
 *
 * The cursor advances only when the items include everything before it, and every action raises its
 * item's version. A connection may therefore break between any two messages, and any messages may be
 * delivered again.
 */
export type Message = Welcome | Snapshot | ItemEvent | Heartbeat | Goodbye | ErrorMessage | Unsubscribed;
