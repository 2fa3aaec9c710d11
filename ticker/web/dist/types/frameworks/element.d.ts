/**
 * What a component does with its element in a browser: define it, and listen to it. Never called on a server.
 *
 * @import { Item, Status } from "../client/index.js"
 * @import { NewsTicker } from "../widget/index.js"
 * @import { ItemEvent } from "./options.js"
 *
 * @typedef {object} Events What a component reports, by name.
 * @property {ItemEvent} item An item changed.
 * @property {Item} correction An item was corrected; `correction` has the note.
 * @property {Item} retraction An item was retracted; it has no text.
 * @property {Item} open The reader opened an item.
 * @property {Status} status The connection changed.
 */
/** Define the element, unless the page has done so. The items rendered on the server stay if that fails. */
export function define(): void;
/**
 * Report the events of an element until the returned function is called. If it has connected already, its
 * status is reported at once.
 *
 * @param {NewsTicker} node
 * @param {<K extends keyof Events>(name: K, value: Events[K]) => void} report
 * @returns {() => void}
 */
export function listen(node: NewsTicker, report: <K extends keyof Events>(name: K, value: Events[K]) => void): () => void;
/**
 * What a component reports, by name.
 */
export type Events = {
    /**
     * An item changed.
     */
    item: ItemEvent;
    /**
     * An item was corrected; `correction` has the note.
     */
    correction: Item;
    /**
     * An item was retracted; it has no text.
     */
    retraction: Item;
    /**
     * The reader opened an item.
     */
    open: Item;
    /**
     * The connection changed.
     */
    status: Status;
};
import type { NewsTicker } from "../widget/index.js";
import type { ItemEvent } from "./options.js";
import type { Item } from "../client/index.js";
import type { Status } from "../client/index.js";
