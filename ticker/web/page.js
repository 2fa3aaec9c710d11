/**
 * The page: up to three editions, each with its own subscription, board and column.
 *
 * One subscription an edition, not one for all: each column then gets its own full snapshot, where
 * a single one would let a busy edition crowd the others out. Only what is on the screen is
 * connected; an edition that comes back resumes from its cursor.
 *
 * @import { Change, Item } from "./client.js"
 * @import { Edition } from "./words.js"
 */

import { Announcer } from "./announcer.js";
import { Bar } from "./bar.js";
import { BOARD_LIMIT, Ticker } from "./client.js";
import { Column, refreshTimes } from "./lines.js";
import { clockTime, date, EDITIONS, isEdition, LANGUAGES, say } from "./words.js";

/** How many lines an edition starts with. */
const BACKLOG = 40;
/** A link gone for longer is called offline; shorter is called reconnecting. */
const OFFLINE_AFTER_MS = 8_000;
/** What is older is not announced: after a night's sleep a flash is no alert any more. */
const ANNOUNCE_WITHIN_MS = 15 * 60_000;
const TIMES_EVERY_MS = 15_000;
/** Scrolled further down than this, a reader is told of new lines by a button. */
const AWAY_PX = 400;
const REMEMBERED = "ticker-edition";

/** @param {string} id @returns {HTMLElement} */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

const main = byId("main");
const freshButton = byId("fresh");
const announcer = new Announcer(byId("polite"), byId("assertive"));
const bar = new Bar(byId("bar"), (paused) => (paused ? freeze() : thaw()));
const wide = matchMedia("(min-width: 64rem)");

class Desk {
  /** @type {Set<string>} Arrived since the last drawing. */
  fresh = new Set();
  /** @type {string[]|null} What a paused reader sees, in that order. */
  frozen = null;
  loaded = false;

  /** @param {Edition} edition */
  constructor(edition) {
    this.edition = edition;
    this.column = new Column(edition);
    this.ticker = new Ticker({ edition, backlog: BACKLOG });
    this.ticker.addEventListener("board", (event) => {
      this.hear(/** @type {CustomEvent<Change>} */ (event).detail);
    });
    this.ticker.addEventListener("status", () => {
      if (this.ticker.status.phase === "live") this.loaded = true;
      showStatus();
      drawSoon(); // also an empty snapshot is something to show
    });
  }

  /** @returns {readonly Item[]} */
  get visible() {
    const { items } = this.ticker.board;
    if (!this.frozen) return items;
    const now = new Map(items.map((item) => [item.id, item]));
    return this.frozen.flatMap((id) => now.get(id) ?? []);
  }

  get held() {
    if (!this.frozen) return 0;
    const seen = new Set(this.frozen);
    return this.ticker.board.items.filter(({ id }) => !seen.has(id)).length;
  }

  /** @param {Change} change */
  hear({ message, before }) {
    if (message.type === "item") {
      const { action, item } = message;
      if (action === "retract" || action === "expire") {
        announcer.forget(item.id);
        draw(); // now, not at the next frame: a page in the background has none
        return;
      }
      if (action === "publish") this.arrived(item);
      const raised = before.items.find(({ id }) => id === item.id)?.level !== item.level;
      if (raised || action === "correct") this.announce(item);
    }
    drawSoon();
  }

  /** @param {Item} item */
  arrived(item) {
    if (this.fresh.size >= BOARD_LIMIT) this.fresh.clear();
    this.fresh.add(item.id);
    if (scrollY > AWAY_PX) unseen += 1;
  }

  /** @param {Item} item */
  announce(item) {
    const late = Date.now() - Date.parse(item.updated_at) > ANNOUNCE_WITHIN_MS;
    const quiet = paused() && item.level !== "flash";
    if (this.edition === lead && !late && !quiet) announcer.news(item);
  }
}

/** @type {Map<Edition, Desk>} */
const desks = new Map(EDITIONS.map((edition) => [edition, new Desk(edition)]));
/** @type {Edition} The language of the page around the columns, and of the bar. */
let lead = firstEdition();
/** @type {Edition|null} What the bar and the announcer speak so far. */
let spoken = null;
let together = true;
let unseen = 0;
let wasOffline = false;
let drawing = false;
/** @type {ReturnType<typeof setTimeout>|undefined} */
let statusTimer;

/** @returns {Edition} */
function firstEdition() {
  const kept = remembered();
  const wanted = [kept, ...navigator.languages.map((language) => language.split("-")[0])];
  return wanted.find(isEdition) ?? "en";
}

/** @returns {string|null} */
function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null; // storage is switched off
  }
}

/** @param {string} edition */
function remember(edition) {
  try {
    localStorage.setItem(REMEMBERED, edition);
  } catch {
    // Storage is switched off: the address still carries the choice.
  }
}

/** @param {Edition} edition */
const desk = (edition) => /** @type {Desk} */ (desks.get(edition));

/** @returns {Edition[]} Lead first, so that it is where its readers begin to read. */
function shown() {
  if (!together || !wide.matches) return [lead];
  return [lead, ...EDITIONS.filter((edition) => edition !== lead)];
}

const paused = () => desk(lead).frozen !== null;

/** Arrange the page for what the address and the width ask for. */
function arrange() {
  const wanted = location.hash.slice(1);
  if (isEdition(wanted)) {
    lead = wanted;
    remember(wanted);
  }
  together = !isEdition(wanted);
  const editions = shown();
  const { dir } = LANGUAGES[lead];
  document.documentElement.lang = lead;
  document.documentElement.dir = dir;
  document.documentElement.dataset.view = editions.length > 1 ? "all" : "one";
  document.title = `${say(lead, "title")} – Ticker`;
  byId("skip").textContent = say(lead, "skip");
  byId("today").textContent = date(lead, Date.now());
  byId("all-editions").textContent = say(lead, "all");
  byId("editions").setAttribute("aria-label", say(lead, "editions"));
  for (const link of byId("editions").querySelectorAll("a")) {
    const here = link.hash === (editions.length > 1 ? "#all" : `#${lead}`);
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (spoken !== lead) {
    spoken = lead;
    if (paused()) bar.setPaused(false);
    bar.speak(lead);
    announcer.speak(lead);
  }
  for (const [edition, { ticker }] of desks) {
    if (editions.includes(edition)) ticker.start();
    else ticker.stop();
  }
  main.replaceChildren(...editions.map((edition) => desk(edition).column.root));
  unseen = 0;
  showStatus();
  draw();
}

function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(draw);
}

function draw() {
  drawing = false;
  const { fresh } = desk(lead);
  const news = fresh.size > 0 && !paused();
  const editions = shown().map(desk);
  if (desk(lead).loaded) bar.show(desk(lead).visible, news);
  for (const each of editions) {
    if (!each.loaded) continue;
    each.column.show(each.visible, each.fresh);
    each.fresh.clear();
  }
  const n = editions.reduce((sum, { held }) => sum + held, unseen);
  freshButton.hidden = n === 0;
  freshButton.textContent = say(lead, "fresh", { n });
}

function freeze() {
  for (const each of desks.values()) each.frozen = each.ticker.board.items.map(({ id }) => id);
}

function thaw() {
  for (const each of desks.values()) each.frozen = null;
  draw();
}

function showStatus() {
  clearTimeout(statusTimer);
  const all = shown().map((edition) => desk(edition).ticker.status);
  const stopped = all.find(({ phase }) => phase === "stopped");
  const since = Math.min(...all.map((status) => (status.phase === "live" ? Infinity : status.since)));
  const gone = Date.now() - since;
  let state = "live";
  let text = say(lead, "live");
  if (stopped) {
    state = "stopped";
    text = say(lead, "stopped", { why: stopped.error ?? "" });
  } else if (gone > OFFLINE_AFTER_MS || (gone >= 0 && !navigator.onLine)) {
    state = "offline";
    text = say(lead, "offline", { time: clockTime(lead, since) });
  } else if (gone >= 0) {
    state = desk(lead).loaded ? "reconnecting" : "connecting";
    text = say(lead, desk(lead).loaded ? "reconnecting" : "connecting");
    statusTimer = setTimeout(showStatus, OFFLINE_AFTER_MS - gone + 50);
  }
  byId("link-state").dataset.state = state;
  if (byId("link-text").textContent !== text) byId("link-text").textContent = text;
  if (state === "offline" && !wasOffline) announcer.note(text);
  if (state === "live" && wasOffline) announcer.note(say(lead, "back"));
  if (state !== "reconnecting" && state !== "connecting") wasOffline = state === "offline";
}

function tick() {
  if (document.hidden) return;
  for (const edition of shown()) refreshTimes(desk(edition).column.root, edition);
  refreshTimes(bar.root, lead);
  byId("today").textContent = date(lead, Date.now());
}

freshButton.addEventListener("click", () => {
  if (paused()) bar.setPaused(false);
  unseen = 0;
  scrollTo({ top: 0 });
  desk(lead).column.heading.focus({ preventScroll: true });
  draw();
});
addEventListener("scroll", () => unseen && scrollY < AWAY_PX / 2 && ((unseen = 0), drawSoon()), {
  passive: true,
});
addEventListener("hashchange", () => {
  if (location.hash === "#main") return; // the skip link
  scrollTo({ top: 0 });
  arrange();
});
wide.addEventListener("change", arrange);
document.addEventListener("visibilitychange", tick);
for (const change of ["online", "offline"]) addEventListener(change, showStatus);
setInterval(tick, TIMES_EVERY_MS);
arrange();
