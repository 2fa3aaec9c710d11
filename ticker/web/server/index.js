/**
 * For servers that render pages: `import { fetchInitialHtml } from "news-ticker/server"`.
 *
 * @import { Options } from "../frameworks/options.js"
 *
 * @typedef {object} FetchOptions
 * @property {string|URL|undefined} [from] Address that this server reaches the newsroom at, if it is another one
 *   than the readers'. The newsroom needs the setting `public_url` then.
 * @property {number|undefined} [timeoutMs] Default: 2,000.
 * @property {typeof globalThis.fetch|undefined} [fetch] Default: the global one.
 */

import { attributesOf } from "../frameworks/options.js";

const TIMEOUT_MS = 2_000;
/** More than a hundred long items have. */
const MAX_LENGTH = 1_000_000;
/** Options that change what is rendered; the others are attributes only. */
const PARAMETERS = new Set([
  ...["edition", "section", "region", "tag", "story", "level"],
  ...["layout", "count", "breaking", "item-href", "lang"],
]);

/**
 * Return the live items as HTML, for `initialHtml` of the components with the same options. Never rejects: returns
 * "" if the newsroom does not answer in time, and the page shows the items as soon as the widget has connected.
 *
 * @param {Options} options
 * @param {FetchOptions} [how]
 * @returns {Promise<string>}
 */
export async function fetchInitialHtml(options, { from = options.server, timeoutMs, fetch } = {}) {
  try {
    const address = new URL("v1/embed", `${from}`.replace(/\/?$/, "/"));
    for (const [name, value] of Object.entries(attributesOf({ ...options }))) {
      if (PARAMETERS.has(name)) address.searchParams.set(name, value);
    }
    address.searchParams.set("script", "no");
    const signal = AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS);
    const answer = await (fetch ?? globalThis.fetch)(address, { signal });
    const text = answer.ok ? await answer.text() : "";
    if (text.length > MAX_LENGTH) return "";
    return /^\s*<news-ticker[^>]*>([^]*)<\/news-ticker>\s*$/.exec(text)?.[1] ?? "";
  } catch {
    return ""; // unreachable, too slow, or a wrong address
  }
}
