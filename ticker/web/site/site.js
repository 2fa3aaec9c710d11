/**
 * What the site does beyond its `<news-ticker>` elements. Made of the public API only, so it is also
 * an example of what a site around the widget may want: counting what is read, a share button, the
 * most read, and the rest of the page kept true when a line is corrected or taken back.
 *
 * It has no words of its own: the page brings them, in its language.
 *
 * @import { Item } from "../client/index.js"
 */

const MOST_READ_EVERY_MS = 120_000;

/** A reader who asks not to be measured is not counted (globalprivacycontrol.github.io/gpc-spec). */
const mayCount = !(/** @type {{globalPrivacyControl?: boolean}} */ (navigator).globalPrivacyControl);

/**
 * Count one act of an anonymous reader. Plain text, so that no preflight is needed.
 *
 * @param {string|undefined} id
 * @param {"open"|"share"} kind
 */
function count(id, kind) {
  if (id && mayCount) navigator.sendBeacon("/v1/beacon", JSON.stringify({ id, kind }));
}

// What is opened: the elements count what they show themselves; here a headline elsewhere is followed.

addEventListener("click", ({ target }) => {
  if (!(target instanceof Element) || target.closest("news-ticker:defined, [data-page]")) return;
  /** @type {HTMLElement|null} */
  const item = target.closest("a[href]") && target.closest("[data-id]");
  count(item?.dataset.id, "open");
});

// What the page says besides the live lists stays as true as they are.

addEventListener("ticker-item", (event) => {
  const { item, action } = /** @type {CustomEvent<{item: Item, action: string}>} */ (event).detail;
  for (const shown of document.querySelectorAll(`[data-id="${CSS.escape(item.id)}"]`)) {
    if (shown.closest("news-ticker")) continue; // the element's own
    if (action === "retract") takeBack(shown);
    else if (action === "correct" || action === "update") reword(shown, item);
  }
});

/** @param {Element} shown */
function takeBack(shown) {
  if (shown.hasAttribute("data-page")) {
    shown.remove(); // at once; then the page that says why
    location.reload();
  } else {
    (shown.closest(".cards > li") ?? shown).remove();
  }
}

/** @param {Element} shown @param {Item} item */
function reword(shown, { headline, speaker }) {
  const text = speaker && !headline.startsWith(speaker) ? `${speaker}: ${headline}` : headline;
  for (const line of shown.querySelectorAll(".headline")) (line.querySelector("a") ?? line).textContent = text;
}

// Most read: asked for now and then, by pages that somebody looks at.

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
    // The network is away: what is shown stays.
  }
}

/** @param {Item} item */
function mostReadRow({ id, headline, language, dir }) {
  const link = document.createElement("a");
  link.href = `/item/${id}`;
  link.textContent = headline;
  const line = document.createElement("p");
  line.className = "headline";
  line.lang = language;
  line.dir = dir;
  line.append(link);
  const row = document.createElement("li");
  row.dataset.id = id;
  row.append(line);
  return row;
}

if (mostRead) {
  showMostRead();
  setInterval(showMostRead, MOST_READ_EVERY_MS * (0.8 + 0.4 * Math.random())); // not all at once
  document.addEventListener("visibilitychange", showMostRead);
}

// Share: the system's own sheet where there is one, else the address on the clipboard.

for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".share"))) {
  const button = place.querySelector("button");
  if (!button) continue;
  place.hidden = false;
  button.addEventListener("click", () => share(button, place));
}

/** @param {HTMLButtonElement} button @param {HTMLElement} place */
async function share({ dataset }, place) {
  const { url = location.href, title, copied = "", failed = "" } = dataset;
  let told = "";
  try {
    if (navigator.share) {
      await navigator.share({ url, title });
    } else {
      await navigator.clipboard.writeText(url);
      told = copied;
    }
    count(/** @type {HTMLElement|null} */ (document.querySelector("[data-page], h1[data-id]"))?.dataset.id, "share");
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return; // thought better of it
    told = failed.replace("{url}", url);
  }
  const status = place.querySelector("[role=status]");
  if (status) status.textContent = told;
}

// Times outside the elements are absolute and in UTC, because the page is kept: here they get local.

const { locale } = document.body.dataset;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const moment = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });

for (const time of document.querySelectorAll("time")) {
  if (time.closest("news-ticker") || !time.dateTime.includes("T")) continue; // a day is a day
  const at = new Date(time.dateTime);
  const today = at.toDateString() === new Date().toDateString();
  time.textContent = (today ? clock : moment).format(at);
}
