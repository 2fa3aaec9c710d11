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
export const MAX_ITEMS = 200;
/** Maximum number of removals remembered. Older removals can no longer be overtaken by an update. */
export const MAX_REMOVED = 500;

/** @type {State} */
export const EMPTY_STATE = Object.freeze({
  cursor: null,
  items: Object.freeze([]),
  removed: new Map(),
  limit: MAX_ITEMS,
});

/**
 * Compare two items for sorting in display order: pinned first, then newest first, ties by id
 * descending. The ids must differ.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function compareItems(a, b) {
  return sortKey(a) < sortKey(b) ? 1 : -1;
}

/** Times have a fixed format, and so do ids: they compare as text. @param {Item} item */
const sortKey = ({ pinned, published_at, id }) => +pinned + published_at + id;

/**
 * Apply one message to a state. Returns a new state, or the same one if nothing changed. `items` stays
 * the same array unless an item was added, changed or removed.
 *
 * @param {State} state
 * @param {Message} message
 * @returns {State}
 */
export function apply(state, message) {
  if (message.type === "item") return withItem(state, message);
  if (message.type === "snapshot") return withItems({ ...state, removed: new Map() }, message.cursor, message.items);
  // Before a replay or a snapshot, the welcome's cursor is ahead of the items.
  const isCurrent = message.type === "heartbeat" || (message.type === "welcome" && message.mode === "live");
  return isCurrent ? withCursor(state, message.cursor) : state;
}

/** @param {State} state @param {string} cursor @returns {State} */
function withCursor(state, cursor) {
  return cursor === state.cursor ? state : { ...state, cursor };
}

/** @param {State} state @param {string} cursor @param {readonly Item[]} items @returns {State} */
const withItems = (state, cursor, items) => ({
  ...state,
  cursor,
  items: [...items].sort(compareItems).slice(0, state.limit),
});

/** @param {State} state @param {ItemEvent} event @returns {State} */
function withItem(state, { cursor, action, item }) {
  const current = state.items.find(({ id }) => id === item.id);
  const version = current?.version ?? state.removed.get(item.id) ?? 0;
  if (item.version <= version) return withCursor(state, cursor); // a repeated or late message
  const others = current ? state.items.filter((other) => other !== current) : state.items;
  if (isRemoval(action)) {
    const removed = new Map(state.removed);
    removed.delete(item.id); // keeps the map in order of removal
    removed.set(item.id, item.version);
    const [oldest] = removed.keys();
    if (removed.size > MAX_REMOVED) removed.delete(oldest);
    return { ...state, cursor, items: others, removed };
  }
  return withItems(state, cursor, [...others, item]);
}

/** @param {Action} action */
export function isRemoval(action) {
  return action === "retract" || action === "expire";
}
