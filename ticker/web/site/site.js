/**
 * Functions of the site beyond its `<news-ticker>` elements: counting reads and shares, a share button,
 * the most-read list, and updating the rest of the page when an item is corrected or retracted. It uses
 * only the public API, and is also an example for other sites.
 *
 * The texts come from the page, in its language.
 *
 * @import { Item } from "../client/index.js"
 */

const MOST_READ_INTERVAL_MS = 120_000;

/** False under Global Privacy Control (globalprivacycontrol.github.io/gpc-spec). */
const mayCount = !(/** @type {{globalPrivacyControl?: boolean}} */ (navigator).globalPrivacyControl);

/**
 * Count an anonymous read or share. A text body needs no CORS preflight.
 *
 * @param {string|undefined} id
 * @param {"open"|"share"} kind
 */
function count(id, kind) {
  if (id && mayCount) navigator.sendBeacon("/v1/beacon", JSON.stringify({ id, kind }));
}

// Count reads from headlines outside the elements; the elements count their own.

addEventListener("click", ({ target }) => {
  if (!(target instanceof Element) || target.closest("news-ticker:defined, [data-page]")) return;
  /** @type {HTMLElement|null} */
  const item = target.closest("a[href]") && target.closest("[data-id]");
  count(item?.dataset.id, "open");
});

// Apply corrections and retractions to items outside the elements.

addEventListener("ticker-item", (event) => {
  const { item, action } = /** @type {CustomEvent<{item: Item, action: string}>} */ (event).detail;
  for (const element of document.querySelectorAll(`[data-id="${CSS.escape(item.id)}"]`)) {
    if (element.closest("news-ticker")) continue; // the element updates itself
    if (action === "retract") remove(element);
    else if (action === "correct" || action === "update") updateHeadline(element, item);
  }
});

/** @param {Element} element */
function remove(element) {
  if (element.hasAttribute("data-page")) {
    element.remove(); // at once; the reloaded page explains the retraction
    location.reload();
  } else {
    (element.closest(".cards > li") ?? element).remove();
  }
}

/** @param {Element} element @param {Item} item */
function updateHeadline(element, { headline, speaker }) {
  const text = speaker && !headline.startsWith(speaker) ? `${speaker}: ${headline}` : headline;
  for (const node of element.querySelectorAll(".headline")) (node.querySelector("a") ?? node).textContent = text;
}

// Refresh the most-read list while the page is visible.

const mostRead = document.getElementById("most-read");

async function showMostRead() {
  if (!mostRead || document.hidden) return;
  try {
    const answer = await fetch(/** @type {string} */ (document.body.dataset.mostRead));
    if (!answer.ok) return;
    /** @type {{items: {item: Item}[]}} */
    const { items } = await answer.json();
    mostRead.querySelector("ol")?.replaceChildren(...items.map(({ item }) => mostReadRow(item)));
    mostRead.hidden = items.length === 0;
  } catch {
    // Network error: the list stays as it is.
  }
}

/** @param {Item} item */
function mostReadRow({ id, headline, language, dir }) {
  const link = document.createElement("a");
  link.href = `/item/${id}`;
  link.textContent = headline;
  const paragraph = document.createElement("p");
  paragraph.className = "headline";
  paragraph.lang = language;
  paragraph.dir = dir;
  paragraph.append(link);
  const row = document.createElement("li");
  row.dataset.id = id;
  row.append(paragraph);
  return row;
}

if (mostRead) {
  showMostRead();
  // Jitter spreads the requests of all readers.
  setInterval(showMostRead, MOST_READ_INTERVAL_MS * (0.8 + 0.4 * Math.random()));
  document.addEventListener("visibilitychange", showMostRead);
}

// Share with the system's share sheet; without one, copy the address to the clipboard.

for (const container of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".share"))) {
  const button = container.querySelector("button");
  if (!button) continue;
  container.hidden = false;
  button.addEventListener("click", () => share(button, container));
}

/** @param {HTMLButtonElement} button @param {HTMLElement} container */
async function share({ dataset }, container) {
  const { url = location.href, title, copied = "", failed = "" } = dataset;
  let text = "";
  try {
    if (navigator.share) {
      await navigator.share({ url, title });
    } else {
      await navigator.clipboard.writeText(url);
      text = copied;
    }
    count(/** @type {HTMLElement|null} */ (document.querySelector("[data-page], h1[data-id]"))?.dataset.id, "share");
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // cancelled by the reader
    text = failed.replace("{url}", url);
  }
  const status = container.querySelector("[role=status]");
  if (status) status.textContent = text;
}

// Show local times. The server writes absolute times in UTC, because pages are cached.

const { locale } = document.body.dataset;
const timeFormat = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const dateTimeFormat = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });

for (const time of document.querySelectorAll("time")) {
  if (time.closest("news-ticker") || !time.dateTime.includes("T")) continue; // a date without a time
  const at = new Date(time.dateTime);
  const today = at.toDateString() === new Date().toDateString();
  time.textContent = (today ? timeFormat : dateTimeFormat).format(at);
}
