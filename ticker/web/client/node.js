/**
 * Entry point for Node.js: the same module, with a clear error on versions without a WebSocket.
 *
 * Node.js has a WebSocket since version 22. Importing and rendering also work on older versions.
 */

import { Ticker as Client } from "./index.js";

export * from "./index.js";

export class Ticker extends Client {
  /** Connect. Throws an Error if this version of Node.js has no WebSocket. */
  start() {
    if (!globalThis.WebSocket) {
      const { version } = /** @type {any} */ (globalThis).process;
      throw new Error(`news-ticker needs Node.js 22 or newer to connect; this is ${version}`);
    }
    super.start();
  }
}
