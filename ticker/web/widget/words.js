/**
 * The widget's texts, and the formatting of times. English is built in. Other languages come with the
 * server-side rendering, or from the newsroom (`GET /v1/words/{name}`), once for each page and cached.
 * A page can provide its own before it adds the element:
 *
 *     import { words } from "/widget.js";
 *     words.fr = { ...words.en, locale: "fr", live: "En direct", pause: "Pause" };
 *
 * @typedef {"breaking" | "live" | "connecting" | "offline" | "stopped" | "previous" | "next" |
 *   "pause" | "resume" | "more" | "less" | "updates" | "corrected" | "source" | "flash" | "bulletin"
 *   | "urgent" | "developing" | "dismiss" | "latest" | "empty"} Phrase
 * @typedef {Record<Phrase, string> & {lang: string, dir: string, locale: string,
 *   utc?: string, topics?: Record<string, string>}} Words `lang` is the language of the texts, `locale` formats numbers
 *   and times, `topics` are the newsroom's names of sections and regions; others are not shown.
 */

import { widget as en } from "../translations/en.json";

/** @type {Record<string, Words>} By edition or language. */
export const words = {
  // @ts-expect-error: no prototype, so that names like "constructor" are not found.
  __proto__: null,
  en: { ...en, lang: "en", dir: "ltr", locale: "en-GB" },
};
/** The widget uses English if the newsroom does not answer within this time. */
const TIMEOUT_MS = 3_000;

/**
 * Load the words of an edition or a language into `words`; known ones get only the names of sections and
 * regions. Never rejects: on failure they stay missing.
 *
 * @param {string} name
 * @param {URL} server
 */
export async function loadWords(name, server) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(new URL(`v1/words/${name}`, server), { signal });
    if (!answer.ok) return;
    const loaded = await answer.json();
    words[name] ??= { ...words.en, ...loaded };
    words[name].topics ??= loaded.topics;
  } catch {
    // Offline, or a timeout. The next page tries again.
  }
}

/**
 * Replace `{}` in a phrase. A phrase can have two forms, singular and plural: "{} update|{} updates".
 *
 * @param {string} phrase
 * @param {any} value A string or a number; untyped, to save bytes.
 */
export const fill = (phrase, value) =>
  /** @type {string} */ (phrase.split("|").at(value > 1 ? -1 : 0)).replace("{}", value);

/** @type {Record<string, Intl.RelativeTimeFormat>} Creating one is far more expensive than using it. */
const relativeFormats = {};

/** @type {Intl.DateTimeFormatOptions} */
export const CLOCK = { timeStyle: "short" };

/**
 * Format a time.
 *
 * @param {Words} words
 * @param {number} at ms since 1970
 * @param {Intl.DateTimeFormatOptions} style
 */
export const formatTime = ({ locale }, at, style) => new Date(at).toLocaleString(locale, style);

/**
 * Format a past time relative to `now`: in minutes, then in hours, and as a date after one day.
 *
 * @param {Words} words
 * @param {number} at ms since 1970
 * @param {number} now ms since 1970
 */
export function relativeTime(words, at, now) {
  const minutes = Math.floor((now - at) / 60_000);
  const { locale } = words;
  const style = /** @type {const} */ ({ style: "short", numeric: "auto" });
  const relative = (relativeFormats[locale] ??= new Intl.RelativeTimeFormat(locale, style));
  if (minutes < 1) return relative.format(0, "second"); // also if this device's clock is behind
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 1_440) return relative.format(-Math.floor(minutes / 60), "hour");
  return formatTime(words, at, { ...CLOCK, dateStyle: "medium" });
}
