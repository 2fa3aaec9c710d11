/** @typedef {ReturnType<typeof createAnnouncer>} Announcer */
/** @param {Words} words */
export function createAnnouncer(words: Words): {
    regions: HTMLDivElement[];
    /** Announce an item that is new, was raised to this level, or was corrected. @param {Item} item */
    add(item: Item): void;
    /** @param {string} text About the widget itself, such as its connection. */
    say: (text: string) => void;
    /**
     * Drop a removed item from the queue, and from the regions, where a screen reader could still read it.
     *
     * @param {string} id
     */
    remove(id: string): void;
    stop: () => void;
};
/** Minimum time between polite announcements. After it, the newest item is announced with a count. */
export const ANNOUNCE_INTERVAL_MS: 10000;
export type Announcer = ReturnType<typeof createAnnouncer>;
import type { Words } from "./words.js";
import type { Item } from "../client/index.js";
