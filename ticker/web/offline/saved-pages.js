/**
 * Pages saved on this device, to be read offline: those that the reader has read, the front page, and
 * what the reader follows. Page and service worker share them through the Cache API.
 *
 * A page is not shown if it has an item that was retracted: `forget` deletes it, and the item's id stays
 * in a list, in case the page was being saved at that moment.
 */

/** A change of what is in it needs another number: the service worker deletes the others. */
export const CACHE = "ticker-pages-1";
export const CACHES = /^ticker-pages-/;
/** If there are more, those that were saved first are deleted. */
export const PAGES_MAX = 40;
/** Retracted items that are remembered. Their pages are deleted already. */
const GONE_MAX = 500;
const GONE = "/ticker-pages/gone";
const CURSOR = "/ticker-pages/cursor";
/** When all pages were to be fetched again the last time, in ms since 1970. */
const RESET = "/ticker-pages/reset";
/** A server that is behind, or a proxy, may answer with an older page for so long. */
const SETTLED_MS = 3_000;
const SAVED_AT = "ticker-saved-at";
/** Pages of events that are fetched to catch up. If there are more, all saved pages are fetched again. */
const CATCH_UP_PAGES = 5;
/** Answers that say that this reader may not, or no longer, have the page. */
const REFUSED = [401, 403, 404, 410];

/** The `<news-ticker>` elements of a page: every page shows the newest items there. */
const TICKER = /(<news-ticker\b[^>]*>)([^]*?)(<script type="application\/json">)([^]*?)(<\/script>\s*<\/news-ticker>)/g;

const open = () => caches.open(CACHE);

/**
 * Return a page without some items in its `<news-ticker>` elements: the page itself need not go for them.
 *
 * @param {string} text @param {string[]} ids
 */
function scrub(text, ids) {
  return text.replace(TICKER, (_, start, rows, before, json, end) => {
    const state = JSON.parse(json);
    state.items = state.items.filter((/** @type {{id: string}} */ { id }) => !ids.includes(id));
    const kept = rows.replace(/<li data-id="([^"]*)"[^]*?<\/li>\s*/g, (/** @type {string} */ row, /** @type {string} */ id) =>
      ids.includes(id) ? "" : row,
    );
    return [start, kept, before, JSON.stringify(state).replaceAll("<", "\\u003c"), end].join("");
  });
}

/** @param {string} text @param {string[]} ids */
const hasAny = (text, ids) => ids.some((id) => text.includes(id));

/** The address of a page without what does not change it. @param {string} address */
export function keyOf(address) {
  const { pathname, searchParams } = new URL(address, location.origin);
  const edition = pathname.startsWith("/story/") && searchParams.get("edition");
  return edition ? `${pathname}?edition=${encodeURIComponent(edition)}` : pathname;
}

/** @param {string} key @returns {Promise<unknown>} */
async function read(key) {
  const found = await (await open()).match(key);
  return found ? found.json().catch(() => null) : null;
}

/** @param {string} key @param {unknown} value */
const write = async (key, value) => (await open()).put(key, new Response(JSON.stringify(value)));

/** Ids of retracted items. @returns {Promise<string[]>} */
async function goneIds() {
  const found = await read(GONE);
  return Array.isArray(found) ? found : [];
}

/**
 * Save a page that may be read offline, with the files that it needs. Does nothing for other pages, nor
 * for those that only readers with a token may read. A page that is refused leaves the device.
 *
 * @param {string} address @param {Response} answer
 * @param {number} asked When the page was asked for, in ms since 1970.
 * @param {boolean} [isLast] Do not ask again.
 */
export async function savePage(address, answer, asked, isLast) {
  const header = (/** @type {string} */ name) => answer.headers.get(name) ?? "";
  if (REFUSED.includes(answer.status)) await remove([keyOf(address)]);
  if (!answer.ok || !header("content-type").startsWith("text/html")) return;
  if (/private|no-store/.test(header("cache-control"))) return;
  const text = await answer.text();
  if (!/<body[^>]* data-offline/.test(text)) return;
  const headers = new Headers(answer.headers);
  // One at a time, or `prune` deletes files of a page that another tab is about to save.
  const key = keyOf(address);
  if ((await locked(() => put(key, text, headers, asked))) || isLast) return;
  await settled();
  await fetchAgain([key], true);
}

const settled = () => new Promise((resolve) => setTimeout(resolve, SETTLED_MS));

/** @template T @param {() => Promise<T>} action @returns {Promise<T>} */
const locked = async (action) => await navigator.locks.request(CACHE, action);

/**
 * Return false if the page may be older than the time from which on nobody knows what was retracted.
 *
 * @param {string} key @param {string} fetched @param {Headers} headers @param {number} asked
 */
async function put(key, fetched, headers, asked) {
  const reset = Number(await read(RESET));
  // (One that is to come: the clock was set back.)
  if (reset <= Date.now() && asked < reset + SETTLED_MS) return false;
  const ids = await goneIds();
  const text = scrub(fetched, ids);
  if (hasAny(text, ids)) return true; // made before the retraction
  const cache = await open();
  const files = new Set([...text.matchAll(/ (?:src|href)="(\/(?:assets\/|widget-)[^"]+)"/g)].map(([, file]) => file));
  for (const file of files) if (!(await cache.match(file, { ignoreVary: true }))) await cache.add(file);
  for (const name of ["content-encoding", "content-length", "vary"]) headers.delete(name);
  headers.set(SAVED_AT, String(Date.now()));
  await cache.put(key, new Response(text, { headers }));
  await prune(cache);
  return true;
}

/** Delete pages beyond the bound, and files that no page needs. @param {Cache} cache */
async function prune(cache) {
  const pages = await list();
  for (const { key } of pages.slice(PAGES_MAX)) await cache.delete(key);
  const texts = await Promise.all(pages.slice(0, PAGES_MAX).map(({ answer }) => answer.text()));
  for (const { url } of await cache.keys()) {
    const path = new URL(url).pathname;
    if (/^\/(assets\/|widget-)/.test(path) && !texts.some((text) => text.includes(path))) await cache.delete(path);
  }
}

/**
 * The saved pages, the latest first.
 *
 * @returns {Promise<{key: string, at: number, answer: Response}[]>}
 */
export async function list() {
  const cache = await open();
  const found = [];
  for (const request of await cache.keys()) {
    const answer = await cache.match(request);
    const at = Number(answer?.headers.get(SAVED_AT));
    const { pathname, search } = new URL(request.url);
    if (answer && at) found.push({ key: pathname + search, at, answer });
  }
  return found.sort((a, b) => b.at - a.at);
}

/**
 * Return a saved page, with the time at which it was saved in `data-saved`, or null.
 *
 * @param {string} key @param {string} [mark] Another attribute for its root.
 */
export async function findPage(key, mark = "") {
  const cache = await open();
  const found = await cache.match(key);
  const at = Number(found?.headers.get(SAVED_AT));
  if (!found || !at) return null;
  const ids = await goneIds();
  const text = scrub(await found.text(), ids);
  if (hasAny(text, ids)) {
    await cache.delete(key);
    return null;
  }
  return new Response(text.replace("<html ", `<html data-saved="${at}"${mark} `), { headers: found.headers });
}

/** Delete the pages that have a retracted item. @param {string[]} ids */
export async function forget(ids) {
  if (!ids.length) return;
  await locked(async () => {
    const before = (await goneIds()).filter((id) => !ids.includes(id));
    await write(GONE, [...before, ...ids].slice(-GONE_MAX));
  });
  await remove(await having(ids));
}

/** @param {string[]} keys */
async function remove(keys) {
  const cache = await open();
  for (const key of keys) await cache.delete(key);
}

/**
 * Return the keys of the pages that have one of the items, and remove them from the `<news-ticker>`
 * elements of all others.
 *
 * @param {string[]} ids
 */
function having(ids) {
  return locked(async () => {
    const cache = await open();
    const found = [];
    for (const { key, answer } of ids.length ? await list() : []) {
      const { headers } = answer;
      const text = await answer.text();
      const kept = scrub(text, ids);
      if (hasAny(kept, ids)) found.push(key);
      else if (hasAny(text, ids)) await cache.put(key, new Response(kept, { headers }));
    }
    return found;
  });
}

/** Fetch pages again, and save them. @param {string[]} keys @param {boolean} [isLast] */
async function fetchAgain(keys, isLast) {
  for (const key of keys) {
    const asked = Date.now();
    await savePage(key, await fetch(key, { cache: "no-cache" }), asked, isLast);
  }
}

/**
 * Follow changes of items: pages that have a retracted one are deleted at once. These, and pages that have a
 * changed one, are fetched again after `delay` ms, if they are `wanted`. Rejects on a network error.
 *
 * @param {{action: string, item: {id: string}}[]} events
 * @param {(key: string) => boolean} [wanted]
 * @param {number} [delay]
 */
export async function follow(events, wanted = () => true, delay = 0) {
  const ids = (/** @type {string[]} */ ...actions) =>
    events.filter(({ action }) => actions.includes(action)).map(({ item }) => item.id);
  const changed = (await having(ids("correct", "update", "retract"))).filter(wanted);
  await forget(ids("retract"));
  if (!changed.length) return;
  await new Promise((resolve) => setTimeout(resolve, delay));
  await fetchAgain(changed);
}

/**
 * Learn what became of the items of all saved pages since the last time. Rejects on a network error.
 *
 * @param {string} [now] A cursor from which to begin, if there is none: pages that were saved before are fetched again.
 */
export async function catchUp(now) {
  const before = await read(CURSOR);
  if (before === now) return;
  if (typeof before !== "string") {
    if (!now) return;
    return (await list()).length ? startAgain(now) : write(CURSOR, now);
  }
  let cursor = before;
  const events = [];
  for (let n = 0; ; n += 1) {
    const answer = n < CATCH_UP_PAGES ? await fetch(`/v1/items?after=${encodeURIComponent(cursor)}&limit=200`) : null;
    if (answer && !answer.ok && answer.status !== 400) return; // busy: the next time
    const body = answer?.ok ? await answer.json() : {};
    if (!Array.isArray(body.events)) return startAgain(body.cursor ?? now ?? cursor);
    events.push(...body.events);
    cursor = body.cursor;
    if (!body.more) break;
  }
  await follow(events);
  await write(CURSOR, cursor);
}

/**
 * What was missed cannot be known: fetch all pages again. A page that is being saved now may be from before
 * a retraction that was missed: it is asked for again, too.
 *
 * @param {string} cursor
 */
async function startAgain(cursor) {
  await locked(() => write(RESET, Date.now()));
  const keys = (await list()).map(({ key }) => key);
  await remove(keys);
  if (cursor) await write(CURSOR, cursor);
  await settled();
  await fetchAgain(keys.reverse());
}
