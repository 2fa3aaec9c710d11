/**
 * Parse what a transport receives.
 *
 * @import { Receiver } from "./transports.js"
 */

/**
 * Pass a message on. An unreadable one may have been an item: close the connection, so that the next
 * one replays it.
 *
 * @param {Receiver} receiver @param {string} data
 */
export function receive(receiver, data) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    return receiver.close(1007, "not JSON");
  }
  receiver.message(message);
}
