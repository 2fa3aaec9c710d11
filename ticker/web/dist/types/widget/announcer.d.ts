/** At most one polite announcement in this time; of what comes between the newest is told, and how
 * many there are. */
export const QUIET_MS: 10000;
export class Announcer {
    /** @param {Words} words */
    constructor(words: Words);
    regions: HTMLDivElement[];
    words: Words;
    /** @param {Item} item Arrived, was raised to this level, or was corrected. */
    news(item: Item): void;
    /** @param {string} text About the widget itself, such as its connection. */
    note(text: string): void;
    /**
     * A removed line is not told any more, nor left where a screen reader could still find it.
     *
     * @param {string} id
     */
    forget(id: string): void;
    end(): void;
    #private;
}
import type { Words } from "./words.js";
import type { Item } from "../client/index.js";
