/** The console: its parts, the live connection, and the session. */

import { Ticker } from "/client.js";
import { call, whenSessionEnds } from "./api.js";
import { choose, refreshSoon } from "./board.js";
import "./compose.js";
import { open } from "./palette.js";
import { languageButtons, signInWith } from "./sign-in.js";
import { settings, words } from "./words.js";

const READERS_MS = 5_000;
const TYPING_MS = 200;
const status = /** @type {HTMLElement} */ (document.querySelector(".status"));
const session = /** @type {HTMLDialogElement} */ (document.getElementById("session"));

/** @type {((value?: void) => void)[]} */
let waiting = [];
whenSessionEnds(
  () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (!session.open) session.showModal();
    }),
);
session.addEventListener("cancel", (event) => event.preventDefault());
signInWith(/** @type {HTMLFormElement} */ (session.querySelector("form")), () => {
  session.close();
  for (const go of waiting.splice(0)) go();
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
  if (document.visibilityState !== "visible") return;
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
  button.addEventListener("click", () => {
    document.body.dataset.tab = button.dataset.tab;
    for (const one of document.querySelectorAll("nav.tabs [data-tab]")) one.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
  });
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
