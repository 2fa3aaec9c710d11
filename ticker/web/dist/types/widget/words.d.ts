/**
 * The words for an edition or a language. Never fails: what cannot be had is English.
 *
 * @param {string} name
 * @param {URL} server
 */
export function learn(name: string, server: URL): Promise<void>;
/**
 * How long ago `at` was, seen from `now` (both ms): minutes, then hours, after a day the date.
 *
 * @param {Words} words
 * @param {number} at
 * @param {number} now
 */
export function ago(words: Words, at: number, now: number): string;
/** @type {Record<string, Words>} By edition or language, as they are asked for. */
export const words: Record<string, Words>;
export function fill(phrase: string, value: any): string;
/** @type {Intl.DateTimeFormatOptions} */
export const CLOCK: Intl.DateTimeFormatOptions;
export function written(words: Words, at: number, style: Intl.DateTimeFormatOptions): string;
/**
 * What the widget says, and how it writes times. English is built in; other languages come from the
 * newsroom (`GET /v1/words/{name}`), with what the server rendered or once for each page, and are
 * cached. A page may bring its own, before the element is in it:
 *
 *     import { words } from "/widget.js";
 *     words.fr = { ...words.en, locale: "fr", live: "En direct", pause: "Pause" };
 */
export type Phrase = "breaking" | "live" | "connecting" | "offline" | "stopped" | "previous" | "next" | "pause" | "resume" | "fresh" | "pinned" | "corrected" | "source" | "flash" | "bulletin" | "urgent" | "developing" | "attributed" | "dismiss" | "latest" | "empty";
/**
 * `lang` is that of the words, `locale` for numbers and
 *  times, `topics` are the names of sections and regions.
 */
export type Words = Record<Phrase, string> & {
    lang: string;
    dir: string;
    locale: string;
    topics: Record<string, string>;
};
export type Format = {
    format: (value: any, unit?: any) => string;
};
