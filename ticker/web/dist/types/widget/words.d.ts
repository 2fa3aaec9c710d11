/**
 * Load the words of an edition or a language into `words`; known ones get only the names of sections and
 * regions. Never rejects: on failure they stay missing.
 *
 * @param {string} name
 * @param {URL} server
 */
export function loadWords(name: string, server: URL): Promise<void>;
/**
 * Format a past time relative to `now`: in minutes, then in hours, and as a date after one day.
 *
 * @param {Words} words
 * @param {number} at ms since 1970
 * @param {number} now ms since 1970
 */
export function relativeTime(words: Words, at: number, now: number): string;
/** @type {Record<string, Words>} By edition or language. */
export const words: Record<string, Words>;
export function fill(phrase: string, value: any): string;
/** @type {Intl.DateTimeFormatOptions} */
export const CLOCK: Intl.DateTimeFormatOptions;
export function formatTime({ locale }: Words, at: number, style: Intl.DateTimeFormatOptions): string;
/**
 * The widget's texts, and the formatting of times. English is built in. Other languages come with the
 * server-side rendering, or from the newsroom (`GET /v1/words/{name}`), once for each page and cached.
 * A page can provide its own before it adds the element:
 *
 *     import { words } from "/widget.js";
 *     words.fr = { ...words.en, locale: "fr", live: "En direct", pause: "Pause" };
 */
export type Phrase = "breaking" | "live" | "connecting" | "offline" | "stopped" | "previous" | "next" | "pause" | "resume" | "more" | "less" | "updates" | "corrected" | "source" | "flash" | "bulletin" | "urgent" | "developing" | "dismiss" | "latest" | "empty";
/**
 * `lang` is the language of the texts, `locale` formats numbers
 *  and times, `topics` are the newsroom's names of sections and regions; others are not shown.
 */
export type Words = Record<Phrase, string> & {
    lang: string;
    dir: string;
    locale: string;
    utc?: string;
    topics?: Record<string, string>;
};
