/** The console: its parts, the live connection, and the session. */

import { Ticker } from "/client.js";
import { call, sessionEnded, whenSessionEnds } from "./api.js";
import { choose, refreshSoon } from "./board.js";
import { showTab } from "./compose.js";
import { open } from "./palette.js";
import { languageButtons, signInWith } from "./sign-in.js";
import { settings, words } from "./words.js";

const READERS_MS = 5_000;
const TYPING_MS = 200;
const status = /** @type {HTMLElement} */ (document.querySelector(".status"));
const session = /** @type {HTMLDialogElement} */ (document.getElementById("session"));

/** @type {(() => void) | null} */
let goOn = null;
whenSessionEnds(
  () =>
    new Promise((resolve) => {
      goOn = resolve;
      session.showModal();
    }),
);
session.addEventListener("cancel", (event) => event.preventDefault());
session.addEventListener("close", () => {
  // Browsers close a dialog at the second Escape, whatever the page says.
  if (goOn) session.showModal();
});
signInWith(/** @type {HTMLFormElement} */ (session.querySelector("form")), ({ name, role }) => {
  // The page is somebody else's: what it waits to send must not go out in the name of another person.
  const { dataset } = document.body;
  if (name !== dataset.name || role !== dataset.role) return location.reload();
  const resume = goOn;
  goOn = null;
  session.close();
  resume?.();
  setTimeout(refreshSoon);
});

const ticker = new Ticker({ url: location.origin, backlog: 0 });
ticker.addEventListener("change", refreshSoon);
ticker.addEventListener("status", () => {
  const phase = { live: "live", offline: "offline" }[ticker.status.phase] ?? "connecting";
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

document.querySelector("[data-sign-out]")?.addEventListener("click", async () => {
  await call("DELETE", "/v1/session");
  location.assign("/console/sign-in");
});
for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-open]")))
  button.addEventListener("click", () => open(button.dataset.open ?? ""));
for (const dialog of document.querySelectorAll("dialog:not(#act, #session)"))
  dialog.querySelector("[data-cancel]")?.addEventListener("click", () => /** @type {HTMLDialogElement} */ (dialog).close());
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
languageButtons();
