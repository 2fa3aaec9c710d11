/**
 * What the widget says, and how it writes times. English is built in; other languages come from the
 * newsroom (`GET /v1/words/{name}`), with what the server rendered or once for each page, and are
 * cached. A page may bring its own, before the element is in it:
 *
 *     import { words } from "/widget.js";
 *     words.fr = { ...words.en, locale: "fr", live: "En direct", pause: "Pause" };
 *
 * @typedef {"breaking" | "live" | "connecting" | "offline" | "stopped" | "previous" | "next" |
 *   "pause" | "resume" | "fresh" | "pinned" | "corrected" | "source" | "flash" | "bulletin"
 *   | "urgent" | "developing" | "attributed" | "dismiss" | "latest" | "empty"} Phrase
 * @typedef {Record<Phrase, string> & {lang: string, dir: string, locale: string,
 *   topics: Record<string, string>}} Words `lang` is that of the words, `locale` for numbers and
 *   times, `topics` are the names of sections and regions.
 */

import { widget as en } from "../words/en.json";

/** @type {Record<string, Words>} By edition or language, as they are asked for. */
export const words = {
  // @ts-expect-error: no prototype, so that no name is one of its members.
  __proto__: null,
  en: { ...en, lang: "en", dir: "ltr", locale: "en-GB", topics: {} },
};
/** A newsroom that has not told us its words by then is quoted in English. */
const WORDS_MS = 3_000;

/**
 * The words for an edition or a language. Never fails: what cannot be had is English.
 *
 * @param {string} name
 * @param {URL} server
 */
export async function learn(name, server) {
  try {
    const signal = AbortSignal.timeout(WORDS_MS);
    const answer = await fetch(new URL(`v1/words/${name}`, server), { signal });
    if (answer.ok) words[name] = { ...words.en, ...(await answer.json()) };
  } catch {
    // Offline, or the newsroom is: the next page will ask again.
  }
}

/**
 * The phrase with `value` in its place. It may hold two, for one and more: "{} update|{} updates".
 *
 * @param {string} phrase
 * @param {any} value A string or a number; untyped, because every byte counts here.
 */
export const fill = (phrase, value) =>
  /** @type {string} */ (phrase.split("|").at(value > 1 ? -1 : 0)).replace("{}", value);

/** @typedef {{format: (value: any, unit?: any) => string}} Format @type {Map<string, Format>} */
const formats = new Map();

/**
 * One formatter for each locale and style: making one costs far more than using it.
 *
 * @param {Words} words
 * @param {Intl.DateTimeFormatOptions|null} style Null: relative.
 */
function format({ locale }, style) {
  const key = locale + JSON.stringify(style);
  /** @type {Format} */
  const made =
    formats.get(key) ??
    (style
      ? new Intl.DateTimeFormat(locale, style)
      : new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "auto" }));
  formats.set(key, made);
  return made;
}

/** @type {Intl.DateTimeFormatOptions} */
export const CLOCK = { timeStyle: "short" };

/**
 * A moment (ms) as `style` wants it.
 *
 * @param {Words} words
 * @param {number} at
 * @param {Intl.DateTimeFormatOptions} style
 */
export const written = (words, at, style) => format(words, style).format(at);

/**
 * How long ago `at` was, seen from `now` (both ms): minutes, then hours, after a day the date.
 *
 * @param {Words} words
 * @param {number} at
 * @param {number} now
 */
export function ago(words, at, now) {
  const minutes = Math.floor((now - at) / 60_000);
  const relative = format(words, null);
  if (minutes < 1) return relative.format(0, "second"); // also when this clock is behind
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 1_440) return relative.format(-Math.floor(minutes / 60), "hour");
  return written(words, at, { dateStyle: "medium", timeStyle: "short" });
}
