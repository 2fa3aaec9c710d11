/**
 * The page's state: every item that the page shows, kept up to date by one subscription. All parts of
 * the page are made from it (`live.js`); nothing else on the page follows the news by itself, except
 * the `<news-ticker>` elements, which share its connection.
 *
 * @import { Change, Item, Ticker } from "../client/index.js"
 *
 * @typedef {object} Front How the front page is composed.
 * @property {string[]} sections In order.
 * @property {number} fresh Milliseconds.
 * @property {number} top
 * @property {number} inSection
 * @property {number} developments
 *
 * @typedef {object} PageState What the server gives the page (ticker/site/page_state.py).
 * @property {string} cursor
 * @property {Record<string, string>} facets
 * @property {Item[]} items
 * @property {string} home
 * @property {string} lang
 * @property {string} dir
 * @property {string} locale
 * @property {Record<string, string>} labels
 * @property {Record<string, string>} texts
 * @property {Record<"minutes"|"hours", string[]>} ago
 * @property {Record<string, string>} topics
 * @property {Front} [front]
 * @property {number} [rows] Length of the list of latest items.
 */

/** Items of a snapshot. The elements use the same number, so that they share the connection. */
const BACKLOG = 20;
/** The page is fetched again within this time after the server could not replay what it missed. */
const REFETCH_MS = 20_000;
const MAX_ITEMS = 300;

/** @param {Document} [from] @returns {PageState|null} */
export function readState(from = document) {
  const text = from.getElementById("state")?.textContent;
  return text ? JSON.parse(text) : null;
}

/** The state of this page; null on a page without items, such as an error page. */
export const state = readState();

/** The items by id, in their latest versions. */
export class Items extends EventTarget {
  /** @type {Map<string, Item>} */
  #items = new Map();
  /** @type {Set<string>} */
  #gone = new Set();

  /** @param {Item[]} items */
  constructor(items) {
    super();
    for (const item of items) this.#items.set(item.id, item);
  }

  /** @param {string} id */
  get(id) {
    return this.#items.get(id);
  }

  /** Whether the item was retracted or has expired. @param {string} id */
  isGone(id) {
    return this.#gone.has(id);
  }

  /** The items in display order: pinned first, then newest first. */
  list() {
    return [...this.#items.values()].sort((a, b) => (key(a) < key(b) ? 1 : -1));
  }

  /** Add items that another request has brought, unless they are known in a later version. @param {Item[]} items */
  add(items) {
    for (const item of items) {
      const known = this.#items.get(item.id);
      if (!this.#gone.has(item.id) && !(known && known.version >= item.version)) this.#items.set(item.id, item);
    }
  }

  /** @param {string} id */
  remove(id) {
    this.#items.delete(id);
    this.#gone.add(id);
  }

  /**
   * Follow the client. `change` is dispatched after every change, with the client's detail.
   *
   * @param {Change} change
   */
  follow({ message, reset }) {
    if (message.type === "item") {
      if (message.action === "retract" || message.action === "expire") this.remove(message.item.id);
      else this.add([message.item]);
      if (this.#items.size > MAX_ITEMS) this.#items.delete(/** @type {Item} */ (this.list().at(-1)).id);
    } else if (message.type === "snapshot") {
      this.#replace(message.items, reset);
    }
    this.dispatchEvent(new CustomEvent("change", { detail: message }));
  }

  /**
   * A snapshot has the newest items. One that it does not have, though it is as new, is gone.
   *
   * @param {Item[]} items @param {boolean} reset
   */
  #replace(items, reset) {
    const oldest = items.map(({ published_at: at }) => at).sort()[0];
    const ids = new Set(items.map(({ id }) => id));
    for (const { id, published_at: at } of this.#items.values()) {
      if (!ids.has(id) && (!oldest || at >= oldest)) this.#items.delete(id);
    }
    for (const item of items) this.#items.set(item.id, item);
    if (reset) setTimeout(() => this.#refetch(), Math.random() * REFETCH_MS);
  }

  /** Learn from the server's page which of the older items are still there. */
  async #refetch() {
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const fetched = readState(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (!fetched) return;
      const ids = new Set(fetched.items.map(({ id }) => id));
      const newest = fetched.items.map(({ published_at: at }) => at).sort().at(-1) ?? "";
      for (const { id, published_at: at } of this.#items.values()) {
        if (!ids.has(id) && at <= newest) this.#items.delete(id);
      }
      this.add(fetched.items);
      this.dispatchEvent(new CustomEvent("change", { detail: { type: "snapshot" } }));
    } catch {
      // Offline: the next reset tries again.
    }
  }
}

/** @param {Item} item */
const key = ({ pinned, published_at, id }) => +pinned + published_at + id;

export const items = new Items(state?.items ?? []);

/**
 * Subscribe to what the page shows. Returns the client.
 *
 * @param {PageState} page @returns {Promise<Ticker>}
 */
export async function subscribe({ cursor, facets, items: given }) {
  // The module of the elements on the page: one client, and one connection.
  /** @type {typeof import("../client/index.js")} */
  const { Ticker: Client } = await import(/** @type {string} */ (document.body.dataset.widget));
  const client = new Client({ ...facets, backlog: BACKLOG, state: { cursor, items: given } });
  client.addEventListener("change", ({ detail }) => items.follow(detail));
  return client;
}
