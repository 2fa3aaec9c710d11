/** Steps kept. Who is further behind gets a snapshot. */
export const RECENT_LIMIT: 256;
export class Recent {
    /** @param {string|null} cursor */
    has(cursor: string | null): boolean;
    /**
     * What came after a cursor, oldest first.
     *
     * @param {string|null} cursor One that it has.
     */
    after(cursor: string | null): Message[];
    /**
     * A message took the board from `prev` to `cursor`.
     *
     * @param {string|null} prev @param {string|null} cursor @param {Message} message
     */
    add(prev: string | null, cursor: string | null, message: Message): void;
    #private;
}
/**
 * The last steps of a board, each from one cursor to the next: what a tab tells another that missed
 * some, and how it knows that it has seen what it is told. Pure.
 */
export type Step = {
    prev: string;
    message: Message;
};
import type { Message } from "./board.js";
