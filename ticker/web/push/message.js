/**
 * Decide what to show for a push message. Pure functions.
 *
 * Browsers require a visible notification for every push message. If there is nothing new to show, the
 * current notification is shown again, silently.
 *
 * @typedef {object} Message The payload of a push message; also stored as the data of its notification.
 * @property {"alert"|"replace"|"withdraw"} kind
 * @property {string} id Id of the item.
 * @property {number} version
 * @property {"ticker"|"urgent"|"bulletin"|"flash"} level
 * @property {string} title
 * @property {string} body
 * @property {string} lang
 * @property {"ltr"|"rtl"|"auto"} dir
 * @property {string} url
 * @property {string} tag Notifications with the same tag replace each other: one story at one level.
 * @property {boolean} loud Whether it may make a sound.
 * @property {number} published_ms
 * @property {string} [image] Address of a picture.
 *
 * @typedef {object} Decision
 * @property {Message} show
 * @property {boolean} isNew Whether this version of the item has not been shown yet.
 * @property {boolean} loud
 */

/** The supported version of the payload. */
export const PAYLOAD_VERSION = 1;
/** Number of messages remembered, so that late or repeated messages do not undo newer ones. */
export const MAX_DELIVERED = 32;
/** Time that messages are remembered: as long as the newsroom remembers its alerts. */
export const DELIVERED_MS = 2 * 86_400_000;

const KINDS = ["alert", "replace", "withdraw"];
const STRINGS = ["id", "level", "title", "body", "lang", "url", "tag"];
const DIRECTIONS = ["ltr", "rtl", "auto"];

/**
 * Return the message in a payload, or null if it is invalid or has another version.
 *
 * @param {unknown} data
 * @returns {Message|null}
 */
export function parse(data) {
  if (!data || typeof data !== "object") return null;
  const { v, ...message } = /** @type {Message & {v: number}} */ (data);
  const valid =
    v === PAYLOAD_VERSION &&
    KINDS.includes(message.kind) &&
    STRINGS.every((name) => typeof message[/** @type {"id"} */ (name)] === "string") &&
    message.id !== "" &&
    message.tag !== "" &&
    DIRECTIONS.includes(message.dir) &&
    Number.isInteger(message.version) &&
    Number.isFinite(message.published_ms);
  if (!/^https:\/\//.test(message.image ?? "")) delete message.image;
  return valid ? message : null;
}

/**
 * Decide what to show for `message`. `visible` are the messages of the notifications on screen with the
 * same tag, `delivered` the messages shown recently.
 *
 * An older version never replaces a newer one. A correction or withdrawal never replaces a notification
 * about another item, because a tag covers a whole story. A correction or withdrawal is shown even if
 * the reader has closed the alert, because they have read the wrong text.
 *
 * @param {Message} message
 * @param {readonly Message[]} visible
 * @param {readonly Message[]} delivered
 * @returns {Decision}
 */
export function decide(message, visible, delivered) {
  const latest = [...visible, ...delivered]
    .filter(({ id }) => id === message.id)
    .sort((a, b) => b.version - a.version)[0];
  const stale = !!latest && latest.version >= message.version;
  const other = visible.find(({ id }) => id !== message.id);
  if (other && (stale || message.kind !== "alert" || other.published_ms > message.published_ms)) {
    return { show: other, isNew: !stale, loud: false };
  }
  if (stale) return { show: latest, isNew: false, loud: false };
  return { show: message, isNew: true, loud: message.kind === "alert" && message.loud };
}

/**
 * Return `delivered` with `message` added at the end, and without messages that are too old or too many.
 *
 * @param {readonly Message[]} delivered
 * @param {Message} message
 * @param {number} now ms since 1970
 */
export function addDelivered(delivered, message, now) {
  const others = delivered.filter(
    ({ id, published_ms }) => id !== message.id && published_ms > now - DELIVERED_MS,
  );
  return [...others, message].slice(-MAX_DELIVERED);
}
