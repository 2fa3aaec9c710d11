/** A hub that others share, or have for themselves. */
export class Hub {
    /** @param {URL} base @param {Transport[]} transports @param {string} name As for the hub. */
    constructor(base: URL, transports: Transport[], name: string);
    get receivedAt(): number;
    /** @param {Sub} sub */
    join(sub: Sub): void;
    /** @param {Sub} sub */
    leave(sub: Sub): void;
    #private;
}
export function sharedHub(base: URL, transports: Transport[]): Hub;
/**
 * The widget's way to the hub. A page with one subscription in one tab needs none (`solo`): the hub's code
 * is loaded for the second one. The bundle of the widget has this module in place of hub.js. The number in
 * the file's name is the version of the interface between the two files, `Sub` and the public members of
 * `Hub`.
 */
export type SomeHub = Pick<import("./hub.js").Hub, "join" | "leave" | "receivedAt">;
import type { Sub } from "./hub.js";
import type { Transport } from "./transports.js";
