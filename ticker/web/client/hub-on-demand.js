/**
 * The widget's way to the hub: its code is loaded in the background, so that the first paint does not wait
 * for it. The bundle of the widget has this module in place of hub.js. The number in the file's name is the
 * version of the interface between the two files, `Sub` and the public members of `Hub`.
 *
 * @import { Sub } from "./hub.js"
 * @import { Transport } from "./transports.js"
 * @typedef {Pick<import("./hub.js").Hub, "join"|"leave"|"receivedAt">} SomeHub
 */

import { backoff } from "./timing.js";

/** @type {Promise<typeof import("./hub.js")>} */
const loaded = load(0);

/**
 * Load the code. Tries again until it is there, as a connection does; under another address each time, because
 * browsers remember a module that failed.
 *
 * @param {number} attempt @returns {Promise<typeof import("./hub.js")>}
 */
async function load(attempt) {
  try {
    // (Not a template: bundlers would look for files of such names.)
    return await (attempt ? import(["./hub-1.js", attempt].join("?_=")) : import("./hub-1.js"));
  } catch {
    await new Promise((resolve) => setTimeout(resolve, backoff(attempt)));
    return load(attempt + 1);
  }
}

/** A hub that others share, or have for themselves. */
export class Hub {
  /** @type {SomeHub|undefined} */
  #hub;
  /** @type {Set<Sub>} Subscriptions that wait for the code. */
  #waiting = new Set();

  /** @param {URL} base @param {Transport[]} transports @param {boolean|string} [share] */
  constructor(base, transports, share) {
    loaded.then((module) => {
      this.#hub = share === true ? module.sharedHub(base, transports) : new module.Hub(base, transports, "");
      for (const sub of this.#waiting) this.#hub.join(sub);
    });
  }

  get receivedAt() {
    return this.#hub?.receivedAt ?? 0;
  }

  /** @param {Sub} sub */
  join(sub) {
    if (this.#hub) this.#hub.join(sub);
    else this.#waiting.add(sub);
  }

  /** @param {Sub} sub */
  leave(sub) {
    this.#waiting.delete(sub);
    this.#hub?.leave(sub);
  }
}

/** @param {URL} base @param {Transport[]} transports */
export const sharedHub = (base, transports) => new Hub(base, transports, true);
