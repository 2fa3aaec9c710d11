/**
 * Keep a display current without anybody at it: load the page again when the newsroom has another version
 * of the widget, and when the widget has stopped. The widget itself follows the news.
 */

const CHECK_MS = 5 * 60_000;

/** Return the version of the newsroom's widget; null if the newsroom does not answer. */
async function version() {
  try {
    const answer = await fetch("/widget.js", { method: "HEAD", cache: "no-store" });
    return answer.ok ? answer.headers.get("etag") : null;
  } catch {
    return null; // offline: the display keeps its items, and the next check tries again
  }
}

// The widget fits the headline into the screen again with the fonts that come after it.
document.fonts.addEventListener("loadingdone", () => dispatchEvent(new Event("resize")));

let loaded = await version();

setInterval(async () => {
  const now = await version();
  if (!now) return;
  const ticker = /** @type {{ticker?: {status: {phase: string}}}|null} */ (document.querySelector("news-ticker"));
  if ((loaded && now !== loaded) || ticker?.ticker?.status.phase === "stopped") location.reload();
  loaded ??= now;
}, CHECK_MS);

export {};
