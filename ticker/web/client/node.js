/**
 * Entry point for Node.js: the same module, whose `start` throws a clear error where it cannot connect.
 *
 * Node.js has a WebSocket since version 22, and no page to take the newsroom's address from. Importing and
 * rendering work without either.
 *
 * @import { SubscriptionsOptions } from "./subscriptions.js"
 */

import { Subscriptions as Several, Ticker as Client } from "./index.js";

export * from "./index.js";

/** Throw an Error if this version of Node.js has no WebSocket, or `url` is no server. @param {URL} url */
function check(url) {
  if (!globalThis.WebSocket) {
    const { version } = /** @type {any} */ (globalThis).process;
    throw new Error(`news-ticker needs Node.js 22 or newer to connect; this is ${version}`);
  }
  if (!url.protocol.startsWith("http")) throw new Error(`news-ticker needs the option url outside a browser, such as https://news.example; this is ${url}`);
}

export class Ticker extends Client {
  /** Connect. Throws an Error as `check` does. */
  start() {
    check(this.base);
    super.start();
  }
}

export class Subscriptions extends Several {
  #url;

  /** @param {SubscriptionsOptions} [options] */
  constructor(options = {}) {
    super(options);
    this.#url = new URL(options.url ?? import.meta.url);
  }

  /** Connect. Throws an Error as `check` does. */
  start() {
    check(this.#url);
    super.start();
  }
}
