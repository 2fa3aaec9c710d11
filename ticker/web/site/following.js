/**
 * What the reader follows: sections, regions and stories, kept on this device. The buttons that follow,
 * and the page that shows their items. No text of an item is kept: a retraction leaves nothing.
 *
 * @import { Item } from "../client/index.js"
 *
 * @typedef {object} Followed
 * @property {"section"|"region"|"story"} kind
 * @property {string} slug
 */

import { items, state } from "./page.js";
import { make, topicName } from "./parts.js";

const KEY = "ticker-following";
/** The first ones that a reader follows are left out beyond this number. */
export const FOLLOWED_MAX = 50;
const LIMIT = 60;
const KINDS = ["section", "region", "story"];
const SLUG = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u;

/** The valid ones of a list that may come from anywhere. @param {unknown} list @returns {Followed[]} */
export function valid(list) {
  if (!Array.isArray(list)) return [];
  /** @type {Map<string, Followed>} */
  const found = new Map();
  for (const { kind, slug } of list.map((one) => one ?? {})) {
    if (KINDS.includes(kind) && typeof slug === "string" && SLUG.test(slug)) found.set(`${kind} ${slug}`, { kind, slug });
  }
  return [...found.values()].slice(-FOLLOWED_MAX);
}

/** @returns {Followed[]} */
export function followed() {
  try {
    return valid(JSON.parse(localStorage[KEY] ?? "[]"));
  } catch {
    return []; // storage that the reader blocks
  }
}

/** @param {Followed[]} list */
export function save(list) {
  try {
    localStorage[KEY] = JSON.stringify(valid(list));
  } catch {
    return; // no storage: the buttons stay as they were
  }
  showButtons();
  showPage();
}

/** @param {Followed} one @param {Followed} other */
const same = (one, other) => one.kind === other.kind && one.slug === other.slug;

/** @param {Followed} one */
function toggle(one) {
  const before = followed();
  const without = before.filter((other) => !same(one, other));
  save(without.length < before.length ? without : [...without, one]);
}

/** @param {Followed[]} list @param {string} home The edition's front page. */
export const addressesOf = (list, home) =>
  list.map(({ kind, slug }) =>
    kind === "story"
      ? `/story/${encodeURIComponent(slug)}?edition=${encodeURIComponent(state?.facets.edition ?? "")}`
      : `${home}/${kind}/${encodeURIComponent(slug)}`,
  );

/** Whether the reader follows something that `item` belongs to. @param {Item} item @param {Followed[]} list */
export const isFollowed = ({ sections, regions, story }, list = followed()) =>
  list.some(({ kind, slug }) =>
    kind === "story" ? story === slug : (kind === "section" ? sections : regions).includes(slug),
  );

function showButtons() {
  const list = followed();
  for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button.follow"))) {
    const { kind, slug } = button.dataset;
    const on = list.some((one) => one.kind === kind && one.slug === slug);
    button.hidden = false;
    button.setAttribute("aria-pressed", String(on));
  }
}

for (const button of /** @type {NodeListOf<HTMLButtonElement>} */ (document.querySelectorAll("button.follow"))) {
  button.addEventListener("click", () => toggle(/** @type {Followed} */ ({ kind: button.dataset.kind, slug: button.dataset.slug })));
}

// The page

const page = document.getElementById("following");

/** Fetch the items of what is followed, and show them. Offline, those that are known stay. */
async function showPage() {
  if (!page || !state) return;
  const list = followed();
  const edition = state.facets.edition;
  const hrefs = addressesOf(list, state.home);
  page.querySelector("ul")?.replaceChildren(...list.map((one, n) => chip(one, hrefs[n])));
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-when-followed]"))) {
    part.hidden = (part.dataset.whenFollowed === "some") !== list.length > 0;
  }
  items.dispatchEvent(new CustomEvent("change", { detail: { type: "followed" } }));
  if (!list.length) return;
  const query = new URLSearchParams({ edition, limit: String(LIMIT) });
  for (const kind of KINDS) {
    const slugs = list.filter((one) => one.kind === kind).map(({ slug }) => slug);
    if (slugs.length) query.append("any", new URLSearchParams({ [kind]: slugs.join() }).toString());
  }
  try {
    const answer = await fetch(`/v1/items?${query}`);
    if (!answer.ok) return;
    items.add((await answer.json()).items ?? []);
    items.dispatchEvent(new CustomEvent("change", { detail: { type: "followed" } }));
  } catch {
    // Offline.
  }
}

/** @param {Followed} one @param {string} href */
function chip(one, href) {
  const name = topicName(one.slug);
  const button = make("button", { type: "button", "aria-label": state?.texts.unfollow.replace("{name}", name) }, "×");
  button.addEventListener("click", () => {
    toggle(one);
    /** @type {HTMLElement|null} */ (page?.querySelector("button") ?? document.getElementById("main"))?.focus();
  });
  return make("li", {}, make("a", { href }, make("bdi", {}, name)), button);
}

showButtons();
showPage();
addEventListener("storage", ({ key }) => {
  if (key !== KEY) return;
  showButtons();
  showPage();
});
// After a reset, the page does not know what was retracted.
items.addEventListener("change", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.type === "page") showPage();
});
