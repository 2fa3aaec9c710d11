/**
 * The page's status, told once, in the masthead: live, connecting, offline since a time, or paused by
 * the reader. A saved page tells in its own note that it is offline (`offline.js`). The `<news-ticker>` elements do not show theirs on the site, and the bar has no pause
 * button of its own.
 *
 * @import { Ticker } from "../client/index.js"
 */

import { isPaused, setPaused, waiting } from "./live.js";
import { state } from "./page.js";
import { clockTime } from "./times.js";

/** A lost connection is shown as "connecting" for this long, then as "offline"; as in the widget. */
const OFFLINE_AFTER_MS = 8_000;

const place = document.getElementById("status");
const text = place?.querySelector(".live-text");
const pause = /** @type {HTMLButtonElement|null} */ (document.getElementById("pause"));
const bar = document.querySelector(".breaking news-ticker");
const updates = /** @type {HTMLButtonElement|null} */ (document.getElementById("updates"));

/** @param {Ticker} client */
export function followStatus(client) {
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;
  function show() {
    clearTimeout(timer);
    const { phase, since } = client.status;
    const left = since + OFFLINE_AFTER_MS - Date.now();
    /** @type {"live"|"connecting"|"offline"|"stopped"|"paused"} */
    let status = "connecting";
    if (phase === "live" || phase === "stopped") status = phase;
    else if (left < 0 || !navigator.onLine) status = "offline";
    else timer = setTimeout(show, left + 50);
    if (status === "live" && isPaused()) status = "paused";
    if (!place || !text || !state) return;
    place.dataset.state = status;
    text.textContent = state.texts[status].replace("{time}", clockTime(since));
  }
  client.addEventListener("status", show);
  addEventListener("offline", show);
  pause?.addEventListener("click", () => {
    setPaused(!isPaused());
    showPause();
    show();
  });
  updates?.addEventListener("click", () => {
    const ids = new Set(waiting().map(({ id }) => id));
    setPaused(false);
    showPause();
    show();
    // To the first of them; the newest may be the lead.
    const parts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("main [data-part]")]);
    const first = parts.find(({ dataset }) => ids.has(dataset.id ?? ""));
    /** @type {HTMLElement|null} */ (first?.querySelector("a") ?? document.getElementById("latest"))?.focus();
  });
  showPause();
  if (pause) pause.hidden = false;
  show();
}

/** The bar's own button, if it was paused with it. @type {Element|null} */
let pausedBar = null;

/**
 * Let the bar move or wait as the page does: the page's button is for both, and the style sheet hides
 * the bar's own. The bar has another button after it has started again.
 */
function pauseBar() {
  const button = /** @type {HTMLElement|null|undefined} */ (bar?.shadowRoot?.querySelector(".pause"));
  if (!button || (button === pausedBar) === isPaused()) return;
  pausedBar = isPaused() ? button : null;
  button.click();
}

bar?.addEventListener("ticker-status", pauseBar);

/** Show the button's state, and how many items wait. */
export function showPause() {
  if (!state) return;
  pauseBar();
  const paused = isPaused();
  if (pause) {
    pause.setAttribute("aria-pressed", String(paused));
    pause.ariaLabel = pause.title = paused ? state.texts.resume : state.texts.pause;
  }
  const count = waiting().length;
  if (!updates) return;
  updates.hidden = count === 0;
  updates.textContent = state.texts.updates.replace("{n}", String(count));
}
