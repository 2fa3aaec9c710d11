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
 * @property {number} latest Length of the list of latest items.
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
 * @property {boolean} [more] Whether there are older items than those given.
 * @property {boolean} badge Whether the tab's icon has a dot for unread alerts.
 * @property {boolean} [following] Whether the list has only what the reader follows.
 *
 * @typedef {object} Refetched The server's page, after a reset. What it does not show has to go.
 * @property {"page"} type
 * @property {Document|null} page Null if there is no such page any more, as for an item that was retracted.
 */

/** Items of a snapshot. The elements use the same number, so that they share the connection. */
const BACKLOG = 20;
/** The page is fetched again within this time after the server could not replay what it missed. */
const REFETCH_MS = 20_000;
const SERVER_LAG_MS = 500;
/** If that fails, it is tried again as often as this. Then the next reset tries again. */
const REFETCHES = 5;
const GONE = [404, 410];
/** With fewer items, the front page could not fill its places: it fetches the older ones. */
const ENOUGH = 20;
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
  /** Items that were retracted or have expired. @type {Map<string, "retract"|"expire">} */
  #gone = new Map();
  /** Items that may have been retracted before the last reset: nothing has told of them since. @type {Set<string>} */
  #unsure = new Set();
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #refetching;
  /** Whether the server has older items. */
  #more;

  /** @param {Item[]} items @param {boolean} [more] */
  constructor(items, more = false) {
    super();
    this.#more = more;
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

  /** Whether the item was retracted. @param {string} id */
  isRetracted(id) {
    return this.#gone.get(id) === "retract";
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

  /** @param {string} id @param {"retract"|"expire"} action */
  #remove(id, action) {
    this.#items.delete(id);
    this.#gone.set(id, action);
    if (this.#more && this.#items.size < ENOUGH) {
      this.#more = false;
      this.refetch();
    }
  }

  /**
   * Follow the client. `change` is dispatched after every change, with the client's message, or with
   * what was fetched after a reset.
   *
   * @param {Change} change
   */
  follow({ message, reset }) {
    if (message.type === "item") {
      this.#unsure.delete(message.item.id);
      if (message.action === "retract" || message.action === "expire") this.#remove(message.item.id, message.action);
      else this.add([message.item]);
      if (this.#items.size > MAX_ITEMS) this.#items.delete(/** @type {Item} */ (this.list().at(-1)).id);
    } else if (message.type === "snapshot") {
      this.#replace(message.items, reset);
    }
    this.#dispatch(message);
  }

  /**
   * A snapshot has the newest items. One that it does not have, though it is as new, is listed no more.
   * Whether other parts of the page may still show it, the refetched page tells: the item can be an
   * expired one, which keeps its own page.
   *
   * @param {Item[]} items @param {boolean} reset
   */
  #replace(items, reset) {
    // Pinned items come first, however old they are.
    const oldest = items.filter(({ pinned }) => !pinned).map(({ published_at: at }) => at).sort()[0];
    const ids = new Set(items.map(({ id }) => id));
    for (const { id, published_at: at } of this.#items.values()) {
      if (!ids.has(id) && (!oldest || at >= oldest)) this.#items.delete(id);
    }
    this.#unsure = new Set([...this.#items.keys()].filter((id) => !ids.has(id)));
    for (const item of items) this.#items.set(item.id, item);
    if (reset) this.refetch();
  }

  /** Fetch the server's page soon; `change` is dispatched with it. Calls until then are one. */
  refetch() {
    this.#refetchLater(REFETCHES);
  }

  /** @param {number} tries */
  #refetchLater(tries) {
    clearTimeout(this.#refetching);
    // All readers of a server may be reset at once: the delay spreads their requests.
    // The process that makes the page may be a little behind the one that sent the event.
    const delay = SERVER_LAG_MS + Math.random() * REFETCH_MS;
    if (tries > 0) this.#refetching = setTimeout(() => this.#refetch(tries - 1), delay);
  }

  /** Learn from the server's page which of the older items are still there. @param {number} tries Further ones. */
  async #refetch(tries) {
    try {
      const answer = await fetch(location.href, { cache: "no-cache" });
      if (GONE.includes(answer.status)) return this.#dispatch({ type: "page", page: null });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fetched = answer.ok && readState(page);
      if (!fetched) return this.#refetchLater(tries);
      const ids = new Set(fetched.items.map(({ id }) => id));
      for (const id of this.#unsure) if (!ids.has(id)) this.#items.delete(id);
      this.#unsure.clear();
      this.#more = !!fetched.more;
      this.add(fetched.items);
      this.#dispatch({ type: "page", page });
    } catch {
      this.#refetchLater(tries); // offline
    }
  }

  /** @param {import("../client/index.js").Message|Refetched} detail */
  #dispatch(detail) {
    this.dispatchEvent(new CustomEvent("change", { detail }));
  }
}

/** @param {Item} item */
const key = ({ pinned, published_at, id }) => +pinned + published_at + id;

export const items = new Items(state?.items ?? [], state?.more);

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
