/** The console: its parts, the live connection, and the session. */

import { Ticker } from "/client.js";
import { call, sessionEnded } from "./api.js";
import { choose, refreshSoon } from "./board.js";
import { showTab } from "./compose.js";
import { keepSession } from "./session.js";
import "./shortcuts.js";
import { settings, words } from "./words.js";

const READERS_MS = 5_000;
const TYPING_MS = 200;
const status = /** @type {HTMLElement} */ (document.querySelector(".status"));

keepSession(refreshSoon);

const ticker = new Ticker({ url: location.origin, backlog: 0 });
ticker.addEventListener("change", refreshSoon);
ticker.addEventListener("status", () => {
  const now = ticker.status.phase;
  const phase = now === "live" ? "live" : now === "waiting" ? "offline" : "connecting";
  status.dataset.phase = phase;
  /** @type {HTMLElement} */ (status.querySelector("[data-status]")).textContent = words(phase);
  if (phase === "live") refreshSoon();
});
ticker.start();

async function countReaders() {
  if (document.visibilityState !== "visible" || sessionEnded()) return;
  const found = await call("GET", "/v1/audience").catch(() => null);
  /** @type {HTMLElement} */ (document.querySelector("[data-readers]")).textContent =
    found === null ? "–" : new Intl.NumberFormat(settings.lang).format(found.readers);
}
void countReaders();
setInterval(() => void countReaders(), READERS_MS);

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]")))
  button.addEventListener("click", () => void choose({ view: button.dataset.view ?? "all" }));
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("nav.tabs [data-tab]")))
  button.addEventListener("click", () => showTab(button.dataset.tab ?? "board"));
document.querySelector("[data-edition]")?.addEventListener("change", (event) => {
  void choose({ edition: /** @type {HTMLSelectElement} */ (event.target).value });
});
let typing = 0;
document.querySelector("[data-search]")?.addEventListener("input", (event) => {
  clearTimeout(typing);
  const q = /** @type {HTMLInputElement} */ (event.target).value;
  typing = window.setTimeout(() => void choose({ q }), TYPING_MS);
});
