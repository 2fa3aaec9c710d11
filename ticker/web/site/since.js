/**
 * What has changed since the reader's last visit: new, corrected and withdrawn items, counted from the
 * cursor of that visit, which this device keeps.
 *
 * @import { Ticker } from "../client/index.js"
 */

import { state } from "./page.js";

/** A visit that is not so long ago goes on. */
const VISIT_MS = 30 * 60_000;
const SAVE_MS = 15_000;
const KEY = "ticker-visit:";
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** @typedef {{cursor: string, at: number}} Visit */

/** @param {string} key @returns {Visit|null} */
function lastVisit(key) {
  try {
    return JSON.parse(localStorage[key]);
  } catch {
    return null; // the first visit, or storage that the reader blocks
  }
}

/** Continue from the visit of another device: the front page tells what is new since. @param {string} cursor */
export function setLastVisit(cursor) {
  try {
    localStorage[`${KEY}${state?.facets.edition}`] = JSON.stringify({ cursor, at: 0 });
  } catch {
    // No storage: each visit is the first one.
  }
}

/** Show what is new, and remember this visit. @param {Ticker} client */
export async function followVisits(client) {
  if (!state?.front) return;
  const key = `${KEY}${state.facets.edition}`;
  const last = lastVisit(key);
  const save = () => {
    const { cursor } = client.state;
    if (!cursor || client.status.phase !== "live") return;
    try {
      localStorage[key] = JSON.stringify({ cursor, at: Date.now() });
    } catch {
      // No storage: each visit is the first one.
    }
  };
  setInterval(save, SAVE_MS);
  addEventListener("pagehide", save);
  if (last && Date.now() - last.at > VISIT_MS) await showSince(last.cursor);
}

/** @param {string} cursor */
async function showSince(cursor) {
  const place = document.getElementById("since");
  if (!place || !state) return;
  const query = new URLSearchParams({ edition: state.facets.edition, after: cursor });
  try {
    const answer = await fetch(`/v1/items?${query}`);
    const body = answer.ok ? await answer.json() : {};
    if (!body.events || body.more) return; // too long ago to count
    place.textContent = sentence(body.events, timeOfCursor(cursor));
  } catch {
    // Offline: nothing is known yet.
  }
}

/** @param {string} cursor @returns {number} ms since 1970 */
const timeOfCursor = (cursor) => Number(/\.(\d+)-/.exec(cursor)?.[1]);

/** When an item was made: its id begins with it (ticker/domain/clock.py). @param {string} id @returns {number} ms since 1970 */
const timeOfId = (id) => [...id.slice(0, 10)].reduce((ms, digit) => ms * 32 + DIGITS.indexOf(digit), 0);

/** @param {{action: string, item: {id: string}}[]} events @param {number} visit */
function sentence(events, visit) {
  /** @type {Map<string, Set<string>>} Actions by item: an item counts once, as what became of it. */
  const actions = new Map();
  for (const { action, item } of events) {
    const known = actions.get(item.id) ?? new Set();
    actions.set(item.id, known.add(action));
  }
  const counts = { new: 0, corrected: 0, withdrawn: 0 };
  for (const [id, did] of actions) {
    // The publication of what was retracted is told no more: what is newer than the visit was never seen.
    if (did.has("retract")) counts.withdrawn += timeOfId(id) > visit ? 0 : 1;
    else if (did.has("expire")) continue;
    else if (did.has("publish")) counts.new += 1;
    else if (did.has("correct")) counts.corrected += 1;
  }
  const texts = /** @type {Record<string, string>} */ (state?.texts);
  const found = /** @type {const} */ (["new", "corrected", "withdrawn"])
    .filter((name) => counts[name] > 0)
    .map((name) => texts[`since${name[0].toUpperCase()}${name.slice(1)}`].replace("{n}", String(counts[name])));
  return found.length ? texts.since.replace("{changes}", found.join(texts.listComma)) : "";
}
