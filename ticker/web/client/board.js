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
export const BOARD_LIMIT = 200;
/** The most removals a board remembers; a removal that old cannot be overtaken any more. */
export const GONE_LIMIT = 500;

/** @type {Board} */
export const EMPTY = Object.freeze({ cursor: null, items: Object.freeze([]), gone: new Map() });

/**
 * Display order: pins first, then newest first, ties by id descending.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function inOrder(a, b) {
  return rank(a) < rank(b) ? 1 : -1; // of one board, whose ids differ
}

/** Times are all written alike, and so are ids. @param {Item} item */
const rank = ({ pinned, published_at, id }) => +pinned + published_at + id;

/**
 * Fold one message into a board. Pure: returns a new board, or the same one when nothing moved;
 * `items` stays the same array unless what a reader sees has changed.
 *
 * @param {Board} board
 * @param {Message} message
 * @returns {Board}
 */
export function apply(board, message) {
  switch (message.type) {
    case "welcome":
      // Before a replay or a snapshot the welcome's cursor is still ahead of this board.
      return message.mode === "live" ? moved(board, message.cursor) : board;
    case "snapshot":
      return {
        cursor: message.cursor,
        items: [...message.items].sort(inOrder).slice(0, BOARD_LIMIT),
        gone: new Map(),
      };
    case "heartbeat":
      return moved(board, message.cursor);
    case "item":
      return withItem(board, message);
    default:
      return board;
  }
}

/** @param {Board} board @param {string} cursor @returns {Board} */
function moved(board, cursor) {
  return cursor === board.cursor ? board : { ...board, cursor };
}

/** @param {Board} board @param {ItemEvent} event @returns {Board} */
function withItem(board, { cursor, action, item }) {
  const held = board.items.find(({ id }) => id === item.id);
  const known = held?.version ?? board.gone.get(item.id) ?? 0;
  if (item.version <= known) return moved(board, cursor); // every act raises the version
  const others = held ? board.items.filter((other) => other !== held) : board.items;
  if (isRemoval(action)) {
    const gone = new Map(board.gone);
    gone.delete(item.id); // so that the map stays in order of removal
    gone.set(item.id, item.version);
    const [oldest] = gone.keys();
    if (gone.size > GONE_LIMIT) gone.delete(oldest);
    return { cursor, items: others, gone };
  }
  const items = [...others, item].sort(inOrder).slice(0, BOARD_LIMIT);
  return { cursor, items, gone: board.gone };
}

/** @param {Action} action */
export function isRemoval(action) {
  return action === "retract" || action === "expire";
}
