/**
 * Return the live items as HTML, for `initialHtml` of the components with the same options. Never rejects: returns
 * "" if the newsroom does not answer in time, and the page shows the items as soon as the widget has connected.
 *
 * @param {Options} options
 * @param {FetchOptions} [how]
 * @returns {Promise<string>}
 */
export function fetchInitialHtml(options: Options, { from, timeoutMs, fetch }?: FetchOptions): Promise<string>;
/**
 * For servers that render pages: `import { fetchInitialHtml } from "news-ticker/server"`.
 */
export type FetchOptions = {
    /**
     * Address that this server reaches the newsroom at, if it is another one
     * than the readers'. The newsroom needs the setting `public_url` then.
     */
    from?: string | URL | undefined;
    /**
     * Default: 2,000.
     */
    timeoutMs?: number | undefined;
    /**
     * Default: the global one.
     */
    fetch?: typeof globalThis.fetch | undefined;
};
import type { Options } from "../frameworks/options.js";
