/** What the board's page can do by keyboard. */

import { choose, closePanel, list, performOnCurrent, questionWaits, show } from "./board.js";
import { focusHeadline } from "./compose.js";
import { usePalette } from "./palette.js";
import { writeFromTemplate } from "./templates.js";
import { undoNewest } from "./undo.js";
import { words } from "./words.js";

/** @returns {[string, () => void][]} The way into a drill, or out of it, for those who may. */
function drill() {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-drill-switch]"));
  return link ? [[link.textContent ?? "", () => location.assign(link.href)]] : [];
}

usePalette({
  commands: () => [
    [words("newItem"), focusHeadline],
    [words("fromTemplate"), () => void writeFromTemplate()],
    ...drill(),
    ...[.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]"))].map(
      (view) =>
        /** @type {[string, () => void]} */ ([
          words("showView", { view: view.textContent }),
          () => void choose({ view: view.dataset.view ?? "all" }),
        ]),
    ),
  ],
  rows: () =>
    list.rows.map((row) => [row.querySelector(".headline")?.textContent ?? "", () => void show(row.dataset.id ?? "")]),
  keys: {
    n: focusHeadline,
    t: () => void writeFromTemplate(),
    "/": () => /** @type {HTMLElement} */ (document.querySelector("[data-search]")).focus(),
    j: () => list.move(1),
    k: () => list.move(-1),
    c: () => performOnCurrent("correct"),
    r: () => performOnCurrent("retract"),
    p: () => performOnCurrent("pin"),
    a: () => performOnCurrent("approve"),
    u: undoNewest,
  },
  repeating: ["j", "k"],
  waiting: questionWaits,
  escape: closePanel,
});

/** Open the item of a link, from another page of the console or another item's panel: #item=ID. */
function showLinked() {
  const item = /^#item=([0-9a-z]+)$/.exec(location.hash)?.[1];
  if (item) void show(item);
}

addEventListener("hashchange", showLinked);
showLinked();
