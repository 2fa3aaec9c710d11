/** The texts of the page's language, with their `{names}` filled in. */

const data = document.getElementById("settings") ?? document.getElementById("words");

/** What the server says about this newsroom and this editor. */
export const settings = JSON.parse(data?.textContent ?? "{}");

/** @param {string} name @param {Record<string, unknown>} [values] @returns {string} */
export function words(name, values = {}) {
  return settings.words[name].replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ key) => String(values[key]));
}
