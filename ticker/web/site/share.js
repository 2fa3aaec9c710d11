/**
 * Share with the system's share sheet, where there is one, or copy the address to the clipboard. The texts
 * come from the page, in its language. Links to networks need no script; they are counted here.
 */

import { count } from "./counting.js";

const shared = () => count(/** @type {HTMLElement|null} */ (document.querySelector("[data-page], h1[data-id]"))?.dataset.id, "share");

for (const container of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".share"))) {
  const { url = location.href, title, copied = "", failed = "" } = container.dataset;
  const [share, copy] = container.querySelectorAll("button");
  const status = /** @type {HTMLElement} */ (container.querySelector("[role=status]"));
  container.hidden = false;
  share.hidden = !navigator.share;
  /** @param {() => Promise<void>} act @param {string} done */
  const run = async (act, done) => {
    try {
      await act();
      shared();
      status.textContent = done;
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return; // cancelled by the reader
      status.textContent = failed.replace("{url}", url);
    }
  };
  share.addEventListener("click", () => run(() => navigator.share({ url, title }), ""));
  copy.addEventListener("click", () => run(() => navigator.clipboard.writeText(url), copied));
}

for (const link of document.querySelectorAll(".share-links a")) link.addEventListener("click", shared);
