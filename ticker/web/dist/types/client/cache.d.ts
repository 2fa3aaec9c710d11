/**
 * Run a function that uses localStorage. Returns undefined if it throws.
 *
 * @template T @param {() => T} action @returns {T|undefined}
 */
export function tryStorage<T>(action: () => T): T | undefined;
/** An entry older than this is ignored: too much of it may be out of date. */
export const MAX_AGE_MS: number;
/** Maximum number of entries. The storage is small and belongs to the embedding site. */
export const MAX_ENTRIES: 8;
export const WRITE_INTERVAL_MS: 1000;
export class Cache {
    /** @param {string} name @param {number} limit Maximum number of items in the entry. */
    constructor(name: string, limit: number);
    /** Return the cached cursor and items, without items that have expired since. */
    read(): {
        cursor: string | null;
        items: import("./state.js").Item[];
    } | undefined;
    /** Save a state after `message` changed it. @param {State} state @param {Message} message */
    save(state: State, message: Message): void;
    /**
     * Write `state` now, by default the pending one.
     *
     * @param {State|null} [state] @param {string} [removed] Id of an item; other entries that contain it
     *   are deleted.
     */
    flush(state?: State | null, removed?: string): void;
    #private;
}
/**
 * `at`: time of writing,
 *   in ms since 1970.
 */
export type Entry = {
    at: number;
    cursor: State["cursor"];
    items: State["items"];
};
import type { State } from "./state.js";
import type { Message } from "./state.js";
