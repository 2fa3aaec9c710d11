/**
 * The service worker's part of reading offline: pages come from the network, and from this device only
 * if there is no network. So a new release reaches every reader with the next page.
 */

import { CACHE, CACHES, catchUp, findPage, keyOf, list, savePage } from "./saved-pages.js";

/** After this time without an answer, a saved page is shown. */
const SLOW_MS = 8_000;
/** So much earlier, at most, the browser asks for a page while it starts this worker. */
const PRELOAD_MS = 2_000;
const SYNC = "ticker-pages";

/** @param {ServiceWorkerGlobalScope} worker */
export function serveOffline(worker) {
  worker.addEventListener("activate", (event) => event.waitUntil(takeOver(worker)));
  worker.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== worker.location.origin) return;
    if (request.mode === "navigate") event.respondWith(navigate(worker, event));
    // Their addresses change with their content.
    else if (/^\/(assets\/|widget-)/.test(pathname)) event.respondWith(file(request));
  });
  // The browser sends it when the network is back, also without a page.
  worker.addEventListener(/** @type {"push"} */ ("sync"), (event) => {
    if (/** @type {{tag?: string}} */ (/** @type {unknown} */ (event)).tag === SYNC) event.waitUntil(catchUp());
  });
}

/** @param {ServiceWorkerGlobalScope} worker */
async function takeOver({ clients, registration }) {
  const others = (await caches.keys()).filter((name) => CACHES.test(name) && name !== CACHE);
  await Promise.all(others.map((name) => caches.delete(name)));
  await registration.navigationPreload?.enable();
  await clients.claim();
}

/** @param {Request} request */
async function file(request) {
  const saved = await caches.match(request, { cacheName: CACHE, ignoreVary: true }).catch(() => undefined);
  return saved ?? fetch(request);
}

/** @param {ServiceWorkerGlobalScope} worker @param {FetchEvent} event */
async function navigate(worker, event) {
  const network = load(event);
  event.waitUntil(network.catch(() => {}));
  const key = keyOf(event.request.url);
  /** @type {Promise<Response|null>} */
  const slow = new Promise((resolve) => setTimeout(() => resolve(findPage(key).catch(() => null)), SLOW_MS));
  try {
    return (await Promise.race([network, slow])) ?? (await network);
  } catch (error) {
    const saved = await offline(key).catch(() => null);
    if (!saved) throw error; // the browser says that it is offline
    // Not in every browser: elsewhere, the next page catches up.
    const { sync } = /** @type {{sync?: {register: (tag: string) => Promise<void>}}} */ (/** @type {unknown} */ (worker.registration));
    sync?.register(SYNC).catch(() => {}); // refused
    return saved;
  }
}

/** @param {FetchEvent} event @returns {Promise<Response>} */
async function load(event) {
  const asked = Date.now() - PRELOAD_MS;
  const answer = (await event.preloadResponse) ?? (await fetch(event.request));
  const copy = answer.clone();
  // Without storage (quota), the page is not saved.
  event.waitUntil(savePage(event.request.url, copy, asked).catch(() => {}));
  return answer;
}

/** The saved page, or the page that lists what is saved, or another one. @param {string} key */
async function offline(key) {
  const keys = (await list()).map((page) => page.key);
  const lists = keys.filter((path) => path.endsWith("/following"));
  const fronts = lists.map((path) => path.slice(0, -"/following".length));
  // The site's address is the front page of the edition that was read last.
  const found = await findPage(key === "/" ? (keys.find((path) => path === key || fronts.includes(path)) ?? key) : key);
  if (found) return found;
  const own = lists.filter((_, n) => key.startsWith(`${fronts[n]}/`));
  for (const path of [...own, ...lists, ...keys]) {
    const page = await findPage(path, " data-missing"); // null if it has a retracted item
    if (page) return page;
  }
  return null;
}
