/** Remember dismissed bars, lists and toasts across the pages of a site, until there is a newer item. */

import { tryStorage } from "../client/cache.js";

/** @type {Record<string, string>} For browsers that block localStorage; lost with the page. */
const fallback = {};

/** Return the place of the newest dismissed item on the wire, or "". @param {string} key */
export function dismissedUntil(key) {
  return tryStorage(() => localStorage[key]) ?? fallback[key] ?? "";
}

/** @param {string} key @param {string} until Publication time and id of the newest dismissed item. */
export function dismiss(key, until) {
  fallback[key] = until;
  tryStorage(() => (localStorage[key] = until));
}
