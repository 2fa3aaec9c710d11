/** A lost connection is shown as "connecting" for this long, then as "offline". */
export const OFFLINE_AFTER_MS: 8000;
export const REFRESH_TIMES_MS: 15000;
/** Age after which an item is no longer shown as a toast. */
export const TOAST_MS: number;
export class Controller {
    /**
     * @param {HTMLElement} host
     * @param {ShadowRoot} root
     * @param {Settings} settings
     */
    constructor(host: HTMLElement, root: ShadowRoot, settings: Settings);
    ticker: Ticker;
    stop(): void;
    #private;
}
/**
 * From the element's attributes.
 */
export type Settings = {
    layout: string;
    server: URL;
    facets: Record<string, string>;
    level: string;
    count: number;
    dismissible: boolean;
    words: Words;
    /**
     * Return the address that an item links to.
     */
    href: (item: Item) => string | null;
    state: State | undefined;
};
import { Ticker } from "../client/index.js";
import type { Words } from "./words.js";
import type { Item } from "../client/index.js";
import type { State } from "../client/index.js";
