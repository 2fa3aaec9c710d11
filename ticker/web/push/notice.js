/**
 * What a push message comes to. Pure: a payload, and what the reader was told before, in; what to
 * show out.
 *
 * Browsers let a site push only if something is seen for it, so every message shows something: where
 * there is nothing new to say, what lies there already once more, without a sound.
 *
 * @typedef {object} Notice One thing a reader is told; also what a notification carries as its data.
 * @property {"alert"|"replace"|"withdraw"} kind
 * @property {string} id The item's.
 * @property {number} version
 * @property {"ticker"|"urgent"|"bulletin"|"flash"} level
 * @property {string} title
 * @property {string} body
 * @property {string} lang
 * @property {"ltr"|"rtl"|"auto"} dir
 * @property {string} url
 * @property {string} tag What notifications replace each other by: the story at one level.
 * @property {boolean} loud
 * @property {number} published_ms
 *
 * @typedef {object} Decision
 * @property {Notice} show
 * @property {boolean} fresh Whether the reader has not been told this yet.
 * @property {boolean} loud
 */

/** The version of the payload that is read here. */
export const PAYLOAD = 1;
/** Notices remembered, so that nothing late or repeated undoes what a reader knows. */
export const TOLD_MAX = 32;
/** As long as the newsroom remembers its alerts. */
export const TOLD_MS = 2 * 86_400_000;

const KINDS = ["alert", "replace", "withdraw"];
const TEXTS = ["id", "level", "title", "body", "lang", "url", "tag"];
const WAYS = ["ltr", "rtl", "auto"];

/**
 * Return the notice in a payload, or null for one that cannot be read: of a later version, cut off,
 * not ours.
 *
 * @param {unknown} data
 * @returns {Notice|null}
 */
export function read(data) {
  if (!data || typeof data !== "object") return null;
  const { v, ...notice } = /** @type {Notice & {v: number}} */ (data);
  const good =
    v === PAYLOAD &&
    KINDS.includes(notice.kind) &&
    TEXTS.every((name) => typeof notice[/** @type {"id"} */ (name)] === "string") &&
    notice.id !== "" &&
    notice.tag !== "" &&
    WAYS.includes(notice.dir) &&
    Number.isInteger(notice.version) &&
    Number.isFinite(notice.published_ms);
  return good ? notice : null;
}

/**
 * Say what to show for `notice`. `lying` are the notices under its tag that the reader can see now,
 * `told` those that the reader was told lately.
 *
 * An older version never takes the place of a newer one, and what is said about one item never that
 * of another: the tag is a whole story's. Who has put an alert aside is told of its correction or
 * withdrawal all the same: they have read the wrong line.
 *
 * @param {Notice} notice
 * @param {readonly Notice[]} lying
 * @param {readonly Notice[]} told
 * @returns {Decision}
 */
export function decide(notice, lying, told) {
  const known = [...lying, ...told]
    .filter(({ id }) => id === notice.id)
    .sort((a, b) => b.version - a.version)[0];
  const stale = !!known && known.version >= notice.version;
  const other = lying.find(({ id }) => id !== notice.id);
  if (other && (stale || notice.kind !== "alert" || other.published_ms > notice.published_ms)) {
    return { show: other, fresh: !stale, loud: false };
  }
  if (stale) return { show: known, fresh: false, loud: false };
  return { show: notice, fresh: true, loud: notice.kind === "alert" && notice.loud };
}

/**
 * Return `told` with `notice` in it, the newest last, within its bounds.
 *
 * @param {readonly Notice[]} told
 * @param {Notice} notice
 * @param {number} now ms since 1970
 */
export function remember(told, notice, now) {
  const others = told.filter(({ id, published_ms }) => id !== notice.id && published_ms > now - TOLD_MS);
  return [...others, notice].slice(-TOLD_MAX);
}
