/** What a reader has closed stays closed, on every page of the site, until something is newer. */

/** @type {Map<string, string>} For browsers that keep nothing: as long as the page. */
const here = new Map();

/** The time of the newest line dismissed, or "". @param {string} key */
export function dismissedUntil(key) {
  try {
    return localStorage.getItem(key) ?? here.get(key) ?? "";
  } catch {
    return here.get(key) ?? ""; // storage is switched off
  }
}

/** @param {string} key @param {string} until RFC 3339 */
export function dismiss(key, until) {
  here.set(key, until);
  try {
    localStorage.setItem(key, until);
  } catch {
    // Storage is switched off or full: then for this page only.
  }
}
