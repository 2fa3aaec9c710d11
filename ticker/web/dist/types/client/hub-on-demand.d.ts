/** A hub that others share, or have for themselves. */
export class Hub {
    /** @param {URL} base @param {Transport[]} transports @param {boolean|string} [share] */
    constructor(base: URL, transports: Transport[], share?: boolean | string);
    get receivedAt(): number;
    /** @param {Sub} sub */
    join(sub: Sub): void;
    /** @param {Sub} sub */
    leave(sub: Sub): void;
    #private;
}
export function sharedHub(base: URL, transports: Transport[]): Hub;
/**
 * The widget's way to the hub: its code is loaded in the background, so that the first paint does not wait
 * for it. The bundle of the widget has this module in place of hub.js. The number in the file's name is the
 * version of the interface between the two files, `Sub` and the public members of `Hub`.
 */
export type SomeHub = Pick<import("./hub.js").Hub, "join" | "leave" | "receivedAt">;
import type { Sub } from "./hub.js";
import type { Transport } from "./transports.js";
