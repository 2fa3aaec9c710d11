/**
 * Share with the system's share sheet; without one, copy the address to the clipboard. The texts come
 * from the page, in its language.
 */

import { count } from "./counting.js";

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
