/**
 * The site's script: keeps the whole page up to date (`page`, `live`, `status`), and counts reads,
 * shares, and shows what is read most. It uses only the public API. scripts/web.mjs makes one file of it.
 */

import "./counting.js";
import "./following.js";
import "./other-device.js";
import "./most-read.js";
import "./pictures.js";
import "./share.js";
import "./sound.js";
import "./unread.js";
import "./story.js";
import { followBar } from "./bar.js";
import { adopt, show } from "./live.js";
import { keepPages } from "./offline.js";
import { items, state, subscribe } from "./page.js";
import { followVisits } from "./since.js";
import { followStatus, showPause } from "./status.js";

/** Ids of the items published since the page was last shown. @type {Set<string>} */
let newIds = new Set();
let scheduled = false;

function showAll() {
  scheduled = false;
  show(newIds);
  showPause();
  newIds = new Set();
}

/** The page of corrections is the server's: it names what was withdrawn, which no item tells. */
function refetchCorrections() {
  if (document.querySelector(".corrections")) items.refetch();
}

items.addEventListener("change", (event) => {
  const message = /** @type {CustomEvent} */ (event).detail;
  if (message.type === "item" && message.action === "publish") newIds.add(message.item.id);
  // Removals at once: a page in the background gets no frame.
  if (message.type === "page") {
    adopt(message.page);
    if (message.page) showAll();
    return;
  }
  if (message.action === "correct" || message.action === "retract") refetchCorrections();
  if (message.action === "retract" || message.action === "expire") return showAll();
  if (!scheduled) requestAnimationFrame(showAll);
  scheduled = true;
});

if (state?.front) followBar();

// The toast repeats what the top of the page shows: it is for readers who have scrolled down. Only its
// panel is hidden, not its announcements.
const toast = document.querySelector('news-ticker[layout="toast"]');
const top = document.querySelector("#lead") ?? document.querySelector(".breaking");
if (toast && top) {
  new IntersectionObserver(([{ isIntersecting }]) => toast.classList.toggle("quiet", isIntersecting)).observe(top);
}

if (state) {
  subscribe(state).then((client) => {
    keepPages(client);
    client.start();
    followStatus(client);
    followVisits(client);
  });
}
