/**
 * The widget's way to the hub. A page with one subscription in one tab needs none (`solo`): the hub's code
 * is loaded for the second one. The bundle of the widget has this module in place of hub.js. The number in
 * the file's name is the version of the interface between the two files, `Sub` and the public members of
 * `Hub`.
 *
 * @import { Sub } from "./hub.js"
 * @import { Transport } from "./transports.js"
 * @typedef {Pick<import("./hub.js").Hub, "join"|"leave"|"receivedAt">} SomeHub
 */

import { followAlone } from "./solo.js";
import { backoff } from "./timing.js";

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
  #base;
  #transports;
  #name;
  #receivedAt = 0;
  /** @type {SomeHub|undefined} */
  #hub;
  /** @type {Set<Sub>} */
  #subs = new Set();
  /** @type {Promise<void>|undefined} */
  #loading;
  /** @type {Sub|undefined} The one that has the connection until the code is loaded. */
  #first;
  #end = () => {};

  /** @param {URL} base @param {Transport[]} transports @param {string} name As for the hub. */
  constructor(base, transports, name) {
    this.#base = base;
    this.#transports = transports;
    this.#name = name;
  }

  get receivedAt() {
    return this.#hub?.receivedAt || this.#receivedAt;
  }

  /** @param {Sub} sub */
  join(sub) {
    this.#subs.add(sub);
    if (this.#hub) return this.#hub.join(sub);
    // Elements that begin in the same task are counted together.
    queueMicrotask(() => this.#start(sub));
  }

  /** @param {Sub} sub */
  #start(sub) {
    if (this.#loading || !this.#subs.has(sub)) return;
    // Several elements, or a page that follows the news itself (`data-widget`): one connection from the beginning.
    if (this.#subs.size > 1 || (this.#name && document.querySelectorAll("news-ticker,[data-widget]")[1])) this.#load();
    else {
      this.#first = sub;
      this.#end = followAlone(
        this.#base,
        this.#transports,
        this.#name,
        sub,
        () => (this.#receivedAt = Date.now()),
        () => this.#load(),
      );
    }
  }

  /** @param {Sub} sub */
  leave(sub) {
    this.#subs.delete(sub);
    this.#hub?.leave(sub);
    if (sub === this.#first) this.#end();
  }

  #load() {
    this.#loading ??= load(0).then((module) => {
      this.#end();
      this.#hub = this.#name ? module.sharedHub(this.#base, this.#transports) : new module.Hub(this.#base, this.#transports, "");
      for (const sub of this.#subs) this.#hub.join(sub);
    });
  }
}

/** @type {Record<string, Hub>} */
const hubs = {};

/** @param {URL} base @param {Transport[]} transports */
export const sharedHub = (base, transports) => (hubs[`${base}`] ??= new Hub(base, transports, `${base}`));
