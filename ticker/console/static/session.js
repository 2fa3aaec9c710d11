/** The session of a page: what to do when it has ended, and how to end it. */

import { call, whenSessionEnds } from "./api.js";
import { languageButtons, signInWith } from "./sign-in.js";

const session = /** @type {HTMLDialogElement} */ (document.getElementById("session"));

/** @type {(() => void) | null} */
let goOn = null;

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
  signInWith(/** @type {HTMLFormElement} */ (session.querySelector("form")), ({ name, role }) => {
    // The page is somebody else's: what it waits to send must not go out in the name of another person.
    const { dataset } = document.body;
    if (name !== dataset.name || role !== dataset.role) return location.reload();
    const resume = goOn;
    goOn = null;
    session.close();
    resume?.();
    setTimeout(again);
  });
  document.querySelector("[data-sign-out]")?.addEventListener("click", async () => {
    await call("DELETE", "/v1/session");
    location.assign("/console/sign-in");
  });
  languageButtons();
}
