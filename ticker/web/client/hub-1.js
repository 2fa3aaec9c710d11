/**
 * The connection, for the widget, which loads it in the background: one file, so that a page that shows
 * items of the cache or of the server does so first.
 */

export { Hub, sharedHub } from "./hub.js";
