/**
 * The client as Node.js loads it from npm: the same module, with a clear error where it cannot run.
 *
 * Node.js has had a WebSocket since version 22. Importing and rendering works on older versions too.
 */

import { Ticker as Client } from "./index.js";

export * from "./index.js";

export class Ticker extends Client {
  /** Connect. Throws an Error on a Node.js that has no WebSocket. */
  start() {
    if (!globalThis.WebSocket) {
      const { version } = /** @type {any} */ (globalThis).process;
      throw new Error(`news-ticker needs Node.js 22 or newer to connect; this is ${version}`);
    }
    super.start();
  }
}
