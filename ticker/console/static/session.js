/** The session of a page: what to do when it has ended, and how to end it. */

import { call, whenSessionEnds } from "./api.js";
import { languageButtons, signInWith } from "./sign-in.js";

const session = /** @type {HTMLDialogElement} */ (document.getElementById("session"));

/** @type {(() => void) | null} */
let goOn = null;

/** Signing in counts for every tab: one that waits goes on when another one has a session again. */
const tabs = new BroadcastChannel("ticker-session");

/** @param {() => void} again Called when the editor has signed in again: what was shown may be old. */
export function keepSession(again) {
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
  const { name, role } = document.body.dataset;
  /** @param {{ name?: string, role?: string }} holder */
  const signedIn = (holder) => {
    // The page is somebody else's: what it waits to send must not go out in the name of another person.
    if (name !== holder.name || role !== holder.role) return location.reload();
    const resume = goOn;
    goOn = null;
    session.close();
    resume?.();
    setTimeout(again);
  };
  signInWith(/** @type {HTMLFormElement} */ (session.querySelector("form")), (holder) => {
    tabs.postMessage({ name: holder.name, role: holder.role });
    signedIn(holder);
  });
  tabs.addEventListener("message", ({ data }) => {
    if (goOn) signedIn(data);
  });
  tabs.postMessage({ name, role });
  document.querySelector("[data-sign-out]")?.addEventListener("click", async () => {
    await call("DELETE", "/v1/session");
    location.assign("/console/sign-in");
  });
  languageButtons();
}
