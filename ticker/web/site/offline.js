/**
 * Reading offline: start the service worker, keep the pages that the reader may want without a network,
 * and say how old a page is that comes from this device. What is retracted leaves the device.
 *
 * @import { Ticker } from "../client/index.js"
 */

import { catchUp, findPage, follow, keyOf, list, savePage } from "../offline/saved-pages.js";
import { addressesOf, followed } from "./following.js";
import { items, state } from "./page.js";
import { make } from "./parts.js";
import { showTimes } from "./times.js";

const WORKER = "/push-sw.js";
/**
 * A saved page is fetched again after this time, if something has changed and the reader is there. As often, this page
 * learns what became of saved pages that have other items than it follows: those of other editions and topics.
 */
const FRESH_MS = 15 * 60_000;
/** The server makes pages a little later than it sends events. Jitter spreads the requests of all readers. */
const LAG_MS = 1_000;
const JITTER_MS = 30_000;
/** Followed topics and stories that are kept for reading offline. */
const KEPT_MAX = 12;

const note = document.getElementById("saved");
const root = document.documentElement;
const isSupported = "serviceWorker" in navigator && "caches" in globalThis;
const here = keyOf(location.href);
/** Whether the page has changed since it was saved. */
let isOutdated = false;

/** @param {number} at ms since 1970 */
const time = (at) => make("time", { datetime: new Date(at).toISOString() });

/** Say that this page is a saved one, and how old it is. */
function showNote() {
  const { saved, missing } = root.dataset;
  if (!note || !saved || !state) return;
  const [before, after] = (missing === undefined ? state.texts.savedPage : state.texts.savedMissing).split("{time}");
  note.replaceChildren(before, time(Number(saved)), after ?? "");
  note.hidden = false;
  showTimes(note);
}

/** @param {Ticker} client */
export function keepPages(client) {
  if (!isSupported || !document.body.hasAttribute("data-offline")) return;
  showNote();
  const online = () => client.status.phase === "live";
  let caughtUp = false;
  let again = false;
  client.addEventListener("status", () => {
    if (!online()) caughtUp = false;
    else if (!caughtUp) {
      caughtUp = true;
      if (note) note.hidden = true;
      // All readers of a server that was restarted return at once.
      const delay = again && !root.dataset.saved ? Math.random() * JITTER_MS : 0;
      delete root.dataset.saved;
      again = true;
      setTimeout(() => returned(client.state.cursor).catch(() => {}), delay); // offline again, or no storage
    }
  });
  items.addEventListener("change", (event) => {
    const { type, action, item } = /** @type {CustomEvent} */ (event).detail;
    // (In place of a missing page: the page that is loaded next catches up, and fetches all pages that it deletes.)
    if (type !== "item" || root.dataset.missing !== undefined) return;
    isOutdated = true;
    // All readers hear of it at once: each fetches this page and the item's, later, and no others.
    const own = action === "retract" ? "" : `/item/${item.id}`;
    const wanted = (/** @type {string} */ key) => key === here || key === own;
    follow([{ action, item }], wanted, LAG_MS + Math.random() * JITTER_MS).then(showSaved, () => {}); // the next visit tries again
  });
  setInterval(() => {
    if (document.hidden || !online()) return;
    keepUp().catch(() => {}); // offline, or no storage
  }, FRESH_MS);
  showSaved().catch(() => {}); // no storage
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
}

function start() {
  navigator.serviceWorker.register(WORKER, { scope: "/" }).catch(() => {}); // forbidden, or offline
}

/** The network is back: the page shows what is new from here on. @param {string|null|undefined} cursor */
async function returned(cursor) {
  const isMissing = root.dataset.missing !== undefined;
  // Only if the page can be had: otherwise it would be loaded again and again.
  if (isMissing && (await fetch(location.href)).ok) return location.reload();
  await catchUp(cursor ?? undefined);
  await keepFresh();
  await showSaved();
}

/** Learn what became of all saved pages, and save this one again if it has changed. */
async function keepUp() {
  await catchUp();
  if (!isOutdated) return;
  isOutdated = false;
  await keepFresh();
}

/** Fetch and save this page and, from the second on, the front page and what the reader follows; none that was saved lately. */
async function keepFresh() {
  const home = /** @type {string} */ (state?.home);
  const saved = new Map((await list()).map(({ key, at }) => [key, at]));
  // (The worker does not see the first page of the first visit.)
  const addresses = addressesOf(followed(), home).slice(0, KEPT_MAX);
  // Most readers open one page and leave: what helps to read on comes with the second.
  const others = saved.size || addresses.length ? [home, `${home}/following`, ...addresses] : [];
  for (const key of new Set([here, ...others])) {
    const now = Date.now();
    if (now - (saved.get(key) ?? 0) >= FRESH_MS) await savePage(key, await fetch(key), now);
  }
}

/** List the saved items and stories, on the page that has the list. */
async function showSaved() {
  const place = document.getElementById("saved-pages");
  if (!place) return;
  const rows = [];
  for (const { key, at } of await list()) {
    if (!/^\/(item|story)\//.test(key)) continue;
    const text = await (await findPage(key))?.text();
    const page = text ? new DOMParser().parseFromString(text, "text/html") : null;
    const title = page?.querySelector("h1 .headline");
    if (!page || !title) continue;
    const { lang, dir } = /** @type {HTMLElement} */ (title.closest("[lang]") ?? page.documentElement);
    rows.push(make("li", {}, make("a", { href: key, lang, dir }, title.textContent?.trim()), " ", time(at)));
  }
  place.querySelector("ul")?.replaceChildren(...rows);
  place.hidden = rows.length === 0;
  showTimes(place);
}
