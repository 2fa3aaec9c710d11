/** A link gone for longer is called offline; shorter is called connecting. */
export const OFFLINE_AFTER_MS: 8000;
export const TIMES_EVERY_MS: 15000;
/** An alert of longer ago is no interruption any more, so no toast. */
export const TOAST_MS: number;
export class Screen {
    /**
     * @param {HTMLElement} host
     * @param {ShadowRoot} root
     * @param {Wanted} wanted
     */
    constructor(host: HTMLElement, root: ShadowRoot, wanted: Wanted);
    paused: boolean;
    host: HTMLElement;
    wanted: Wanted;
    toast: boolean;
    least: number;
    key: string;
    announcer: Announcer;
    view: View;
    frame: HTMLDivElement;
    ticker: Ticker;
    clock: number;
    end(): void;
    /** @param {boolean} paused */
    setPaused(paused: boolean): void;
    #private;
}
/**
 * What the element's attributes ask for.
 */
export type Wanted = {
    layout: string;
    server: URL;
    facets: Record<string, string>;
    level: string;
    count: number;
    dismissible: boolean;
    words: Words;
    /**
     * Where a line leads.
     */
    href: (item: Item) => string | null;
    board: Board | undefined;
};
import { Announcer } from "./announcer.js";
import { View } from "./view.js";
import { Ticker } from "../client/index.js";
import type { Words } from "./words.js";
import type { Item } from "../client/index.js";
import type { Board } from "../client/index.js";
