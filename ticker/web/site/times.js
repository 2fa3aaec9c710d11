/**
 * Times, by one rule: minutes and hours ago, and a date after a day; with the year if it is another
 * one. A time in full has its time zone. The server writes times in UTC, because pages are cached.
 *
 * Also marks items that are not breaking any more: they lose the label of their level.
 */

import { state } from "./page.js";

const REFRESH_MS = 15_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** Age at which an item is no longer called breaking or urgent. */
const LABEL_MS = 12 * HOUR_MS;

const locale = document.body.dataset.locale;
/** @param {Intl.DateTimeFormatOptions} options */
const format = (options) => new Intl.DateTimeFormat(locale, options);
const clock = format({ hour: "2-digit", minute: "2-digit" });
const day = format({ day: "numeric", month: "long" });
const dayOfYear = format({ day: "numeric", month: "long", year: "numeric" });
const full = format({ day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
/** The server's name for UTC in this language: browsers write "UTC" in all of them. */
const utc = document.body.dataset.utc ?? "UTC";
/** @param {number} at */
const inFull = (at) => full.format(at).replace("UTC", utc);
const plurals = new Intl.PluralRules(locale);
const FORMS = ["one", "two", "few"];

/** @param {number} at ms since 1970 */
export const clockTime = (at) => clock.format(at);

/** @param {string[]} forms @param {number} n */
function plural(forms, n) {
  const form = FORMS.indexOf(plurals.select(n));
  return forms[form < 0 ? 3 : form].replace("{n}", String(n));
}

/** @param {number} at ms since 1970 @param {number} now */
function relative(at, now) {
  const age = now - at;
  if (age >= DAY_MS || !state) {
    const date = new Date(at).getFullYear() === new Date(now).getFullYear() ? day : dayOfYear;
    return age < DAY_MS ? clock.format(at) : date.format(at);
  }
  if (age < MINUTE_MS) return state.texts.now; // also if this device's clock is behind
  const { minutes, hours } = state.ago;
  return age < HOUR_MS ? plural(minutes, Math.floor(age / MINUTE_MS)) : plural(hours, Math.floor(age / HOUR_MS));
}

/** Write the times below `root`. @param {ParentNode} [root] @param {boolean} [printed] On paper, none is relative. */
export function showTimes(root = document, printed = false) {
  const now = Date.now();
  for (const time of root.querySelectorAll("time")) {
    if (time.closest("news-ticker") || !time.dateTime.includes("T")) continue; // a date without a time
    const at = Date.parse(time.dateTime);
    const facts = time.closest("[data-page] .facts, .story-header .facts");
    // In a timeline, the day is above the time.
    const clockOnly = now - at >= DAY_MS && time.closest(".timeline .marks");
    const text = facts || printed ? inFull(at) : clockOnly ? clock.format(at) : relative(at, now);
    if (time.textContent !== text) time.textContent = text;
    time.title = inFull(at);
  }
  for (const label of root.querySelectorAll(".level")) {
    const time = label.closest("[data-id]")?.querySelector("time");
    if (time) label.toggleAttribute("hidden", now - Date.parse(time.dateTime) > LABEL_MS);
  }
}

showTimes();
addEventListener("beforeprint", () => showTimes(document, true));
addEventListener("afterprint", () => showTimes());
setInterval(() => document.hidden || showTimes(), REFRESH_MS);
document.addEventListener("visibilitychange", () => document.hidden || showTimes());
