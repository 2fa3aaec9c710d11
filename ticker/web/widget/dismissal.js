/** What a reader has closed stays closed, on every page of the site, until something is newer. */

/** @type {Record<string, string>} For browsers that keep nothing: as long as the page. */
const here = {};

/** The time of the newest line dismissed, or "". @param {string} key */
export function dismissedUntil(key) {
  try {
    return localStorage[key] ?? here[key] ?? "";
  } catch {
    return here[key] ?? ""; // storage is switched off
  }
}

/** @param {string} key @param {string} until RFC 3339 */
export function dismiss(key, until) {
  here[key] = until;
  try {
    localStorage[key] = until;
  } catch {
    // Storage is switched off or full: then for this page only.
  }
}
