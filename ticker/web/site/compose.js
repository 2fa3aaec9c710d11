/**
 * Select the items of the front page from the items that the page knows: the same choice as
 * `front` in ticker/site/content.py. Pure.
 *
 * @import { Item } from "../client/index.js"
 * @import { Front } from "./page.js"
 *
 * @typedef {object} FrontPage
 * @property {Item|undefined} lead
 * @property {Item[]} developments Further items of the lead's story, newest first.
 * @property {Item[]} top
 * @property {Item[]} latest The newest items that stand nowhere else.
 * @property {[string, Item[]][]} sections Those that have any items.
 */

import { pictureOf } from "./picture-of.js";

const LEVELS = ["ticker", "urgent", "bulletin", "flash"];
/** @param {Item} item */
const rank = ({ level }) => LEVELS.indexOf(level);
/** @param {Item} item */
const published = ({ published_at: at }) => Date.parse(at);

/** @param {Item[]} items In display order. @param {Front} front @returns {FrontPage} */
export function compose(items, front) {
  const since = Math.max(...items.map(published)) - front.fresh;
  const fresh = items.filter((item) => published(item) > since);
  /** @param {number} level */
  const first = (level) => fresh.find((item) => rank(item) >= level);
  const lead = items[0]?.pinned ? items[0] : (first(2) ?? first(1) ?? items[0]);
  if (!lead) return { lead, developments: [], top: [], latest: [], sections: [] };
  /** Items and stories shown so far: each is shown once. @type {Set<string>} */
  const seen = new Set(names(lead));
  /** @param {Item[]} candidates @param {number} limit */
  const take = (candidates, limit) => {
    /** @type {Item[]} */
    const chosen = [];
    for (const item of candidates) {
      if (chosen.length === limit) break;
      if (names(item).some((name) => seen.has(name))) continue;
      names(item).forEach((name) => seen.add(name));
      chosen.push(item);
    }
    return chosen;
  };
  const top = take([...fresh.filter((item) => rank(item) >= 1), ...fresh.filter(pictureOf)], front.top);
  const developments = items
    .filter(({ id, story }) => story && story === lead.story && id !== lead.id)
    .sort((a, b) => (a.published_at + a.id < b.published_at + b.id ? 1 : -1))
    .slice(0, front.developments);
  const above = new Set([lead, ...developments, ...top]);
  const others = items.filter((item) => !above.has(item));
  /** @type {[string, Item[]][]} */
  const sections = (others.length > front.latest ? front.sections : []).map((slug) => [
    slug,
    take(items.filter((item) => item.sections.includes(slug)), front.inSection),
  ]);
  return {
    lead,
    developments,
    top,
    latest: others.slice(0, front.latest),
    sections: sections.filter(([, found]) => found.length),
  };
}

/** @param {Item} item */
const names = ({ id, story }) => (story ? [id, `story ${story}`] : [id]);
