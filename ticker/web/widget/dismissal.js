/** What a reader has closed stays closed, on every page of the site, until something is newer. */

import { attempt } from "../client/cache.js";

/** @type {Record<string, string>} For browsers that keep nothing: as long as the page. */
const here = {};

/** The time of the newest line dismissed, or "". @param {string} key */
export function dismissedUntil(key) {
  return attempt(() => localStorage[key]) ?? here[key] ?? "";
}

/** @param {string} key @param {string} until RFC 3339 */
export function dismiss(key, until) {
  here[key] = until;
  attempt(() => (localStorage[key] = until));
}
