/**
 * The hub, for the widget, which loads it where several subscriptions or tabs share a connection.
 */

export { Hub, sharedHub } from "./hub.js";
