/**
 * Use the storage, if there is one; what goes wrong with it is nobody's concern.
 *
 * @template T @param {() => T} act @returns {T|undefined}
 */
export function attempt<T>(act: () => T): T | undefined;
/** A board that was kept for longer is not shown: too much of it may not be true any more. */
export const KEPT_MS: number;
/** The storage is the site's own, and small: the most boards kept there. */
export const KEPT_LIMIT: 8;
export const WRITE_MS: 1000;
export class Cache {
    /** @param {string} name @param {number} limit How many items are kept. */
    constructor(name: string, limit: number);
    /** The board as it was kept, without what has expired since. */
    read(): {
        cursor: string | null;
        items: Item[];
    } | undefined;
    /** Keep a board that a message has changed. @param {Board} board @param {Message} message */
    keep(board: Board, message: Message): void;
    /**
     * Write what waits, or the board as it is now.
     *
     * @param {Board|null} [board] @param {string} [gone] An item that no other board may hold.
     */
    flush(board?: Board | null, gone?: string): void;
    #private;
}
/**
 * `at`: when, ms since 1970.
 */
export type Kept = {
    at: number;
    cursor: string | null;
    items: readonly Item[];
};
import type { Item } from "./board.js";
import type { Board } from "./board.js";
import type { Message } from "./board.js";
