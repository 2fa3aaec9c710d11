/**
 * What a component does with its element in a browser: define it, and listen to it. Never called on a server.
 *
 * @import { Item, Status } from "../client/index.js"
 * @import { NewsTicker } from "../widget/index.js"
 * @import { ItemEvent } from "./options.js"
 *
 * @typedef {object} Events What a component reports, by name.
 * @property {ItemEvent} item An item changed.
 * @property {Item} correction An item was corrected; `correction` has the note.
 * @property {Item} retraction An item was retracted; it has no text.
 * @property {Item} open The reader opened an item.
 * @property {Status} status The connection changed.
 */

/** Define the element, unless the page has done so. The items rendered on the server stay if that fails. */
export function define() {
  if (customElements.get("news-ticker")) return;
  import("../widget/index.js").catch((error) => console.warn("<news-ticker> could not be loaded:", error));
}

/**
 * Report the events of an element until the returned function is called. If it has connected already, its
 * status is reported at once.
 *
 * @param {NewsTicker} node
 * @param {<K extends keyof Events>(name: K, value: Events[K]) => void} report
 * @returns {() => void}
 */
export function listen(node, report) {
  const abort = new AbortController();
  /** @param {string} type @param {(detail: any) => void} handle */
  const on = (type, handle) =>
    node.addEventListener(type, (event) => handle(/** @type {CustomEvent} */ (event).detail), {
      signal: abort.signal,
    });
  on("ticker-item", (/** @type {ItemEvent} */ detail) => {
    const { action, item } = detail;
    report("item", detail);
    if (action === "correct") report("correction", item);
    if (action === "retract") report("retraction", item);
  });
  on("ticker-open", ({ item }) => report("open", item));
  on("ticker-status", (status) => report("status", status));
  const status = node.ticker?.status; // before it is defined, the element has no client
  if (status) report("status", status);
  return () => abort.abort();
}
