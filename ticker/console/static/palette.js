/** Commands by keyboard: the palette, and single keys where nobody is typing. */

import { choose, closePanel, move, performOnCurrent, rows, show } from "./board.js";
import { focusHeadline } from "./compose.js";
import { undoNewest } from "./undo.js";
import { words } from "./words.js";

const ROWS_MAX = 30;
const palette = /** @type {HTMLDialogElement} */ (document.getElementById("palette"));
const input = /** @type {HTMLInputElement} */ (palette.querySelector("input"));
const list = /** @type {HTMLElement} */ (palette.querySelector("ul"));
let chosen = 0;

/** @returns {[string, () => void][]} */
function commands() {
  const views = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-view]"));
  return [
    [words("newItem"), focusHeadline],
    ...[...views].map(
      (view) =>
        /** @type {[string, () => void]} */ ([
          words("showView", { view: view.textContent }),
          () => void choose({ view: view.dataset.view ?? "all" }),
        ]),
    ),
    [words("shortcuts"), () => open("keys")],
    [words("signOut"), () => /** @type {HTMLElement} */ (document.querySelector("[data-sign-out]")).click()],
    ...rows().map(
      (row) =>
        /** @type {[string, () => void]} */ ([
          row.querySelector(".headline")?.textContent ?? "",
          () => void show(row.dataset.id ?? ""),
        ]),
    ),
  ];
}

/** @returns {[string, () => void][]} */
function matching() {
  const wanted = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return commands()
    .filter(([name]) => wanted.every((word) => name.toLocaleLowerCase().includes(word)))
    .slice(0, ROWS_MAX);
}

function update() {
  const found = matching();
  chosen = Math.max(0, Math.min(chosen, found.length - 1));
  list.replaceChildren(
    ...found.map(([name, act], place) => {
      const option = document.createElement("li");
      option.role = "option";
      option.id = `command-${place}`;
      option.textContent = name;
      option.dir = "auto";
      option.ariaSelected = String(place === chosen);
      option.addEventListener("click", () => (palette.close(), act()));
      return option;
    }),
  );
  if (!found.length) {
    const none = document.createElement("li");
    none.textContent = words("noMatch");
    list.append(none);
  }
  input.setAttribute("aria-activedescendant", found.length ? `command-${chosen}` : "");
  list.children[chosen]?.scrollIntoView({ block: "nearest" });
}

/** @param {string} id Open a dialog by its id. */
export function open(id) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById(id));
  if (document.querySelector("dialog[open]")) return;
  dialog.showModal();
  if (dialog !== palette) return;
  input.value = "";
  chosen = 0;
  update();
  input.focus();
}

input.addEventListener("input", () => ((chosen = 0), update()));
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    chosen += event.key === "ArrowDown" ? 1 : -1;
    update();
  } else if (event.key === "Enter") {
    event.preventDefault();
    const found = matching()[chosen];
    palette.close();
    found?.[1]();
  }
});

/** @type {Record<string, () => void>} */
const keys = {
  n: focusHeadline,
  "/": () => /** @type {HTMLElement} */ (document.querySelector("[data-search]")).focus(),
  j: () => move(1),
  k: () => move(-1),
  c: () => performOnCurrent("correct"),
  r: () => performOnCurrent("retract"),
  p: () => performOnCurrent("pin"),
  a: () => performOnCurrent("approve"),
  u: undoNewest,
  "?": () => open("keys"),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    open("palette");
    return;
  }
  const target = /** @type {Element} */ (event.target);
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (target.matches("input, textarea")) /** @type {HTMLElement} */ (target).blur();
    else closePanel();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select")) return;
  // The letter on the key counts, so that shortcuts work on Arabic keyboards too.
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
  const act = keys[event.key] ?? (letter ? keys[letter] : undefined);
  if (!act || event.repeat && act !== keys.j && act !== keys.k) return;
  event.preventDefault();
  act();
});
