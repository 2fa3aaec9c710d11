/**
 * Where the keyboard goes on when what has the focus goes away: a row that is exchanged or leaves its list, a button that is
 * hidden or disabled, a message, a panel, a dialog whose opener has gone. Browsers leave the focus nowhere then.
 *
 * It goes to the same element if that is there again; else to the one that takes its place: the same control of the same row,
 * the row that is at its place now, the control after the list, the heading. An editor who has left a field stays away.
 */

const CONTROLS = "button, a[href], input, select, textarea, summary, [tabindex]";
/** Parts of the page that come and go: what had the focus before has it again after them. */
const LAYERS = "dialog, [data-panel], .toast";

/**
 * @typedef {object} Place Where the focus is or was, as of the last change.
 * @property {HTMLElement} element
 * @property {HTMLElement | null} list Whose row it is in. @property {string} id The row's. @property {number} at The row's place.
 * @property {HTMLElement[]} regions Around it, the nearest first; each has a heading.
 */

/** By layer; null is the page. @type {Map<Element | null, Place>} */
const places = new Map();
/** That of the last focus. @type {Element | null} */
let last = null;
/** By dialog: the layer that had the focus before. It has it again, whatever has become of the dialog's opener. @type {WeakMap<Element, Element | null>} */
const below = new WeakMap();
/** Dialogs that are opened from each other, at most. */
const DIALOGS_MAX = 4;

/** @param {Element} element @returns {boolean} Whether it can be seen and used. */
const able = (element) => element.isConnected && !element.matches(":disabled") && element.checkVisibility();

/** @param {HTMLElement} row @returns {HTMLElement | null} What has the focus when the row has it: the row, or its first control. */
export const handle = (row) => (row.hasAttribute("tabindex") ? row : row.querySelector(CONTROLS));

/** @param {HTMLElement} element */
const name = ({ tagName, dataset, textContent }) => `${tagName} ${dataset.act ?? textContent}`;

/** @param {HTMLElement} root @returns {HTMLElement[]} */
const controls = (root) => [...root.querySelectorAll(CONTROLS)].map((one) => /** @type {HTMLElement} */ (one)).filter(able);

/** @param {HTMLElement} element */
function note(element) {
  const row = element.closest("li");
  const list = row?.parentElement ?? null;
  /** @type {HTMLElement[]} */
  const regions = [];
  for (let one = element.closest("[aria-labelledby]"); one; one = one.parentElement?.closest("[aria-labelledby]") ?? null)
    regions.push(/** @type {HTMLElement} */ (one));
  const at = row && list ? [...list.children].indexOf(row) : -1;
  places.set(element.closest(LAYERS), { element, list, id: row?.dataset.id ?? "", at, regions });
}

/** @param {Place} place @returns {Generator<HTMLElement | null | undefined>} What can have the focus in its place, the nearest first. */
function* successors({ element, list, id, at, regions }) {
  if (list?.isConnected) {
    const rows = /** @type {HTMLElement[]} */ ([...list.children]);
    const own = id ? rows.find((row) => row.dataset.id === id) : undefined;
    const next = own ?? rows[Math.min(at, rows.length - 1)];
    if (own) yield controls(own).find((one) => name(one) === name(element));
    if (next) yield handle(next);
    yield after(controls(/** @type {HTMLElement} */ (list.parentElement)), list);
  }
  for (const region of regions) {
    const there = controls(region);
    if (!list?.isConnected) yield there.find((one) => name(one) === name(element));
    if (element.isConnected) {
      yield after(there, element);
      yield there.findLast((one) => one.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
    }
    const heading = document.getElementById(region.getAttribute("aria-labelledby") ?? "");
    if (heading && !heading.hasAttribute("tabindex")) heading.tabIndex = -1;
    yield heading;
  }
}

/** @param {HTMLElement[]} found @param {HTMLElement} before @returns {HTMLElement | undefined} The first that comes after it. */
const after = (found, before) =>
  found.find((one) => before.compareDocumentPosition(one) === Node.DOCUMENT_POSITION_FOLLOWING);

/** @returns {Element | null} The layer where the keyboard is, or was before dialogs that are closed; null is the page. */
function layer() {
  let found = last;
  for (let count = 0; found && !able(found) && count < DIALOGS_MAX; count++) found = below.get(found) ?? null;
  return found && able(found) ? found : null;
}

function look() {
  for (const { element } of [...places.values()]) if (element.isConnected) note(element);
  const active = document.activeElement;
  if (active && active !== document.body && able(active)) return;
  const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
  const place = places.get(dialog ?? layer());
  if (!place || (place.element.isConnected && place.element.matches(":disabled"))) return; // until it is enabled again
  for (const one of [place.element, ...successors(place)]) {
    if (!one || !able(one)) continue;
    one.focus({ preventScroll: true });
    if (document.activeElement === one) return;
  }
}

document.addEventListener("focusin", ({ target }) => {
  const element = /** @type {HTMLElement} */ (target);
  const dialog = element.closest("dialog");
  if (dialog && dialog !== last) below.set(dialog, layer());
  last = element.closest(LAYERS);
  note(element);
});
document.addEventListener("focusout", ({ target }) => {
  const element = /** @type {HTMLElement} */ (target);
  const layer = element.closest(LAYERS);
  setTimeout(() => {
    if (document.activeElement === document.body && places.get(layer)?.element === element && able(element)) places.delete(layer);
  });
});
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["hidden", "disabled", "open"] });
