/** Commands by keyboard: the palette, and single keys where nobody is typing. */

import { words } from "./words.js";

const ROWS_MAX = 30;
const palette = /** @type {HTMLDialogElement} */ (document.getElementById("palette"));
const input = /** @type {HTMLInputElement} */ (palette.querySelector("input"));
const list = /** @type {HTMLElement} */ (palette.querySelector("ul"));
const usual = { label: palette.ariaLabel, hint: input.placeholder };
let chosen = 0;
/** @type {Command[] | null} What is chosen from instead of the commands, until the palette is closed. */
let only = null;
let loading = false;

/** @typedef {[string, () => void]} Command */
/**
 * @typedef {object} Commands
 * @property {() => Command[]} commands The page's own commands, first in the palette.
 * @property {() => Command[]} rows What the palette finds by its text, after the commands.
 * @property {Record<string, () => void>} keys
 * @property {string[]} repeating Keys that count again while they are held down.
 * @property {() => void} escape
 * @property {() => boolean} [waiting] Whether a question is on its way, so that keys are for it.
 */

/** @type {Commands} */
let page = { commands: () => [], rows: () => [], keys: {}, repeating: [], escape: () => {} };

/** @param {Commands} own Say what the page can do. */
export function usePalette(own) {
  page = own;
}

/** @returns {Command[]} */
function commands() {
  const places = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll("nav.pages a"));
  return [
    ...page.commands(),
    ...[...places].map(
      (place) =>
        /** @type {Command} */ ([words("goTo", { place: place.textContent?.trim() }), () => location.assign(place.href)]),
    ),
    [words("shortcuts"), () => open("keys")],
    [words("signOut"), () => /** @type {HTMLElement} */ (document.querySelector("[data-sign-out]")).click()],
    ...page.rows(),
  ];
}

/** @returns {Command[]} */
function matching() {
  const wanted = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return (only ?? commands())
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
    none.textContent = words(loading ? "loading" : "noMatch");
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

/**
 * Choose one of what `find` returns. The palette opens before that is there: what is typed meanwhile is for it, and no command.
 * @param {() => Promise<Command[]>} find @param {string} label @param {string} hint
 * @returns {Promise<boolean>} Whether there is something to choose; the palette is closed otherwise. Rejects as `find` does.
 */
export async function pick(find, label, hint) {
  if (document.querySelector("dialog[open]")) return true;
  /** @type {Command[]} */
  const mine = [];
  only = mine;
  loading = true;
  name(label, hint);
  open("palette");
  try {
    mine.push(...(await find()));
  } finally {
    if (only === mine) {
      loading = false;
      if (mine.length) update();
      else palette.close();
    }
  }
  return mine.length > 0;
}

/** @param {string | null} label @param {string} hint */
function name(label, hint) {
  palette.ariaLabel = input.ariaLabel = list.ariaLabel = label;
  input.placeholder = hint;
}
palette.addEventListener("close", () => {
  only = null;
  loading = false;
  name(usual.label, usual.hint);
});

input.addEventListener("input", () => ((chosen = 0), update()));
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    chosen += event.key === "ArrowDown" ? 1 : -1;
    update();
  } else if (event.key === "Enter") {
    event.preventDefault();
    const found = matching()[chosen];
    if (!found) return; // they are loading, or nothing matches
    palette.close();
    found[1]();
  }
});

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
    else page.escape();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select")) return;
  // The letter on the key counts, so that shortcuts work on Arabic keyboards too.
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase() ?? "";
  const key = page.keys[event.key] || event.key === "?" ? event.key : letter;
  const act = key === "?" ? () => open("keys") : page.keys[key];
  if (!act || (event.repeat && !page.repeating.includes(key))) return;
  event.preventDefault();
  if (!page.waiting?.()) act();
});

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-open]")))
  button.addEventListener("click", () => open(button.dataset.open ?? ""));
for (const dialog of document.querySelectorAll("dialog:not(#act, #session)"))
  dialog.querySelector("[data-cancel]")?.addEventListener("click", () => /** @type {HTMLDialogElement} */ (dialog).close());
