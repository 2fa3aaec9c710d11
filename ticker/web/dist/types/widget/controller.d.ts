/** @typedef {ReturnType<typeof createController>} Controller */
/**
 * @param {HTMLElement} host
 * @param {ShadowRoot} root
 * @param {Settings} settings
 * @param {((stage: Stage) => Motion)|undefined} createMotion Of a layout that moves.
 */
export function createController(host: HTMLElement, root: ShadowRoot, settings: Settings, createMotion: ((stage: Stage) => Motion) | undefined): {
    ticker: Ticker;
    refresh: () => void;
    stop(): void;
};
/** A lost connection is shown as "connecting" for this long, then as "offline". */
export const OFFLINE_AFTER_MS: 8000;
export const REFRESH_TIMES_MS: 15000;
export function rank(level: string): number;
export type Controller = ReturnType<typeof createController>;
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
    /**
     * Whether an item is breaking news now.
     */
    isBreaking: (item: Item) => boolean;
    state: State | undefined;
};
/**
 * What a layout sees and does. It is an interface between files of different
 *   releases: the number in the name of layouts-1.js is its version.
 */
export type Stage = {
    host: HTMLElement;
    root: HTMLElement;
    list: HTMLElement;
    words: Words;
    /**
     * Ids of the items, in display order.
     */
    ids: () => string[];
    /**
     * Make one item the current one. Returns its id.
     */
    select: (index: number) => string;
    /**
     * Whether the reader has paused or expanded it.
     */
    held: () => boolean;
    /**
     * Show only these items until the next call.
     */
    freeze: (ids: string[] | null) => void;
    /**
     * Place of the newest dismissed item on the wire, or "".
     */
    dismissed: () => string;
    dismiss: (until: string) => void;
    /**
     * Stops it.
     */
    signal: AbortSignal;
};
/**
 * Connect one client to one view, while the element is in a document: filter and order the items, hold
 * them while paused, render at most once per frame, and announce important items to screen readers.
 */
export type Motion = {
    /**
     * Adapt to changed items; `id` is new.
     */
    update: (id: string | undefined, breaking: boolean) => void;
    step?: ((by: number) => void) | undefined;
    /**
     * Adapt to `held` and to the focus.
     */
    schedule?: (() => void) | undefined;
    /**
     * Return the items to show, instead of breaking news first.
     */
    order?: ((items: Item[]) => Item[]) | undefined;
    /**
     * Render after a change, instead of in the next frame.
     */
    later?: ((render: () => void) => void) | undefined;
};
import { Ticker } from "../client/ticker.js";
import type { Words } from "./words.js";
import type { Item } from "../client/index.js";
import type { State } from "../client/index.js";
