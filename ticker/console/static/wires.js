/** The wire desk: drafts of agencies, approved with one key. */

import { call, Problem, sessionEnded } from "./api.js";
import { ask, showTimes, tell, timeText, toast } from "./dialogs.js";
import { exchange, keeping, Rows } from "./rows.js";
import { begin, button, get, h, one, time } from "./view.js";
import { addFeed, feedList } from "./wire-feeds.js";
import { settings, words } from "./words.js";

const AGAIN_MS = 4_000;
const list = new Rows(one("[data-drafts]"));
const draftRows = keeping(draftRow);
const notes = one("[data-notes]");
const noteRows = keeping(noteRow);
const showFeeds = feedList(load);
const filters = /** @type {HTMLFormElement} */ (one("[data-filters]"));
/** @type {Map<string, any>} */
let drafts = new Map();
let asked = 0;
let busy = false;
/** The answer that waits while the pointer is on the list: no row moves away under it. @type {any} */
let held = null;
const fresh = /** @type {HTMLButtonElement} */ (one("[data-new]"));
/** A key is not taken twice: the row after the one that is gone has not been read yet. */
const AGAIN_KEY_MS = 600;
let acted = { what: "", at: -AGAIN_KEY_MS };

/** @param {string} level */
const levelName = (level) => settings.levels[level] ?? level;

async function load() {
  if (sessionEnded()) return;
  const turn = ++asked;
  const query = Object.fromEntries([...new FormData(filters)].map(([name, value]) => [name, String(value)]));
  try {
    const [desk, waiting] = await Promise.all([get("/v1/wires"), get("/v1/wire-drafts", { ...query, limit: "100" })]);
    if (turn !== asked || busy) return;
    showFilters(desk.wires);
    showFeeds(desk.wires);
    showNotes(desk.notes);
    const added = waiting.drafts.filter((/** @type {any} */ draft) => !drafts.has(draft.id));
    if (added.length && drafts.size && list.list.matches(":hover")) hold(waiting, added.length);
    else showDrafts(waiting);
  } catch (error) {
    tell(error);
  }
}

/** @param {any} waiting @param {number} n */
function hold(waiting, n) {
  held = waiting;
  fresh.textContent = words("newDrafts", { n });
  fresh.hidden = false;
}

function showHeld() {
  if (held) showDrafts(held);
}

/** @param {any[]} found The feeds: drafts are filtered by them, and by their desks. */
function showFilters(found) {
  for (const [name, values] of /** @type {const} */ ([
    ["wire", found.map((feed) => feed.name)],
    ["desk", found.map((feed) => feed.desk)],
  ])) {
    const select = /** @type {HTMLSelectElement} */ (filters.elements.namedItem(name));
    const known = [...new Set(values.filter(Boolean))].sort();
    if (known.join() === select.dataset.known) continue;
    select.dataset.known = known.join();
    const chosen = select.value;
    select.replaceChildren(
      new Option(words(name === "wire" ? "allFeeds" : "allDesks"), ""),
      ...known.map((value) => new Option(value, value)),
    );
    select.value = known.includes(chosen) ? chosen : "";
  }
}

/** @param {any[]} found */
function showNotes(found) {
  notes.hidden = !found.length;
  exchange(one("[data-notes-list]"), noteRows(found));
}

/** @param {any} note */
function noteRow(note) {
  return h(
    `li.note.${note.did}`,
    {},
    h("p", {}, h("b", {}, words(`did.${note.did}`)), " ", h("span.soft", { dir: "ltr" }, note.wire)),
    h("p.headline", { dir: "auto" }, note.item_headline),
    note.headline && h("p.becomes", { dir: "auto" }, note.headline),
    h("a", { href: `/console#item=${note.item}` }, words("openItem")),
  );
}

/** @param {{ drafts: any[], more: boolean }} found */
function showDrafts({ drafts: found, more }) {
  const before = drafts;
  held = null;
  fresh.hidden = true;
  if (list.current && !found.some(({ id }) => id === list.current)) acted = { what: "", at: performance.now() };
  drafts = new Map(found.map((draft) => [draft.id, draft]));
  const rows = draftRows(found);
  found.forEach((draft, at) => {
    if (before.size && before.get(draft.id)?.version !== draft.version) rows[at]?.classList.add("fresh");
  });
  list.replace(rows);
  one("[data-empty]").hidden = rows.length > 0;
  one("[data-more]").hidden = !more;
  one("[data-waiting]").textContent = new Intl.NumberFormat(settings.lang).format(rows.length) + (more ? "+" : "");
  showTimes(list.list);
}

/** @param {any} draft */
function draftRow(draft) {
  const acts = h(
    "p.acts",
    {},
    button(words("dismiss"), () => dismiss(draft.id), ".act"),
    settings.mayPublish ? button(words("approve"), () => approve(draft.id), ".act.good") : null,
  );
  return h(
    `li.row.level-${draft.level}`,
    { "data-id": draft.id, "data-name": draft.headline, tabindex: "-1" },
    h(
      "p.headline",
      { lang: draft.language, dir: draft.dir },
      draft.speaker && h("b", {}, `${draft.speaker}: `),
      draft.headline,
    ),
    draft.summary && h("p.summary", { lang: draft.language, dir: draft.dir }, draft.summary),
    h(
      "p.meta",
      {},
      draft.level !== "ticker" && h("span.chip.level", {}, levelName(draft.level)),
      draft.version > 1 && h("span.chip.updated", {}, words("updated")),
      h("span.source", { dir: "auto" }, draft.source ?? draft.created_by.replace(/^wire:/, "")),
      h("span.edition", {}, draft.edition),
      time(draft.published_at),
      draft.link && h("a", { href: draft.link, target: "_blank", rel: "noopener noreferrer" }, words("original")),
    ),
    acts,
  );
}

/** @param {string} id Publish a draft as it was read. An alert asks for its word first. */
async function approve(id) {
  const draft = drafts.get(id);
  if (!draft || busy || !settings.mayPublish || tooSoon("approve")) return;
  /** @param {string} [reason] Why there is no second person. */
  const send = async (reason) => {
    const glass = reason ? { break_glass: reason } : {};
    published = await call("POST", `/v1/items/${id}/approve`, glass, { "if-match": `"${draft.version}"` });
  };
  /** @type {any} */
  let published = null;
  /** @type {string | null} Why the server does not take this editor for the second person. */
  let alone = null;
  const sendOrAsk = () =>
    send().catch((problem) => {
      const second = settings.mayAlert && settings.twoPerson.includes(draft.level);
      if (!second || !(problem instanceof Problem) || problem.slug !== "conflict") throw problem;
      alone = problem.message;
    });
  const finish = async () => {
    if (alone === null || (await askReason(draft.headline, alone, send))) approved(id, published);
  };
  if (settings.alerts.includes(draft.level)) {
    const level = levelName(draft.level);
    const word = level.toLocaleUpperCase(settings.lang);
    const done = await ask({
      title: words("publishFlash", { level }),
      text: words("typeWord", { word }),
      quote: draft.headline,
      ok: words("publishFlash", { level }),
      alert: true,
      fields: [{ name: "word", label: words("word", { word }), exactly: word }],
      act: sendOrAsk,
    });
    if (done) await finish();
    return;
  }
  await act("approve", sendOrAsk, () => void finish());
}

/** @param {string} quote @param {string} why @param {(reason?: string) => Promise<void>} send @returns {Promise<boolean>} */
const askReason = (quote, why, send) =>
  ask({
    title: words("approveTitle"),
    text: `${why}. ${words("approveAloneText")}`,
    quote,
    ok: words("approve"),
    alert: true,
    fields: [{ name: "reason", label: words("breakGlass"), required: words("giveReason") }],
    act: ({ reason }) => send(reason),
  });

/** @param {string} id @param {any} answer Say whether readers have it, or when they will. */
function approved(id, { item }) {
  const later = item.state === "scheduled";
  if (later && !item.undo_until) return after(id, words("approvedLater", { time: timeText(item.embargo_until, true) }), false);
  after(id, words(later ? "goesOutNow" : "approvedDraft"), true);
}

/** @param {string} id */
async function dismiss(id) {
  const draft = drafts.get(id);
  if (!draft || tooSoon("dismiss")) return;
  // Only this version: a colleague may have published it since, and that would be a retraction.
  const send = () => call("POST", `/v1/items/${id}/retract`, {}, { "if-match": `"${draft.version}"` });
  await act("dismiss", send, () => after(id, words("dismissed"), false));
}

/** @param {string} what */
function tooSoon(what) {
  return (acted.what === "" || acted.what === what) && performance.now() - acted.at < AGAIN_KEY_MS;
}

/** @param {"approve" | "dismiss"} what @param {() => Promise<any>} send @param {() => void} then */
async function act(what, send, then) {
  if (busy) return; // a second press
  busy = true;
  try {
    await send();
    acted = { what, at: performance.now() };
    then();
  } catch (error) {
    tell(error);
    setTimeout(() => void load());
  } finally {
    busy = false;
  }
}

/** @param {string} id @param {string} said @param {boolean} out Whether readers have it now. */
function after(id, said, out) {
  const draft = drafts.get(id);
  drafts.delete(id);
  if (held) held = { ...held, drafts: held.drafts.filter((/** @type {any} */ one) => one.id !== id) };
  asked++; // an answer that is on its way still has the draft
  const rows = list.rows.filter((row) => row.dataset.id !== id);
  list.replace(rows);
  one("[data-empty]").hidden = rows.length > 0;
  one("[data-waiting]").textContent = new Intl.NumberFormat(settings.lang).format(rows.length);
  const retract = async () => {
    try {
      await call("POST", `/v1/items/${id}/retract`, {});
      toast(words("retracted"));
    } catch (error) {
      tell(error);
    }
  };
  toast(`${said}: ${draft?.headline ?? ""}`, { actions: out ? [[words("undo"), () => void retract()]] : [] });
}

fresh.addEventListener("click", showHeld);
list.list.addEventListener("mouseleave", showHeld);
filters.addEventListener("change", () => void load());
document.querySelector("[data-add-feed]")?.addEventListener("click", () => void addFeed(load));

begin({
  load,
  every: AGAIN_MS,
  rows: list,
  keys: {
    a: () => void approve(list.current),
    x: () => void dismiss(list.current),
    o: () => {
      const link = drafts.get(list.current)?.link;
      if (link) window.open(link, "_blank", "noopener,noreferrer");
    },
  },
  commands: () => [
    ...(settings.mayOperate ? [/** @type {[string, () => void]} */ ([words("addFeed"), () => void addFeed(load)])] : []),
  ],
});
