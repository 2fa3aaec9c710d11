/** @param {Stage} stage @returns {Motion} */
export function toast({ root, select, freeze, dismissed, dismiss, signal }: Stage): Motion;
/**
 * The toast: the newest alert, in a corner of the page, until the reader has seen it.
 *
 * It does not repeat what the reader sees on the page, and an older alert does not come back in place of one
 * that is gone. Alerts follow each other in the order of the wire: by publication, then by id.
 *
 * @import { Item } from "../client/index.js"
 * @import { Motion, Stage } from "./controller.js"
 */
/** Age after which an item is no longer shown. */
export const TOAST_MS: number;
import type { Stage } from "./controller.js";
import type { Motion } from "./controller.js";
