/** The audit: who did what and when, with the values before and after. */

import { changed, isEmpty } from "./differences.js";
import { momentOf, showTimes, tell, timeText } from "./dialogs.js";
import { keeping, Rows } from "./rows.js";
import { begin, get, h, one, Pager, time } from "./view.js";
import { settings, words } from "./words.js";

const list = new Rows(one("[data-entries]"));
const rowsOf = keeping(row);
const filters = /** @type {HTMLFormElement} */ (one("[data-filters]"));
const LINES_MAX = 10_000;

/** @returns {Record<string, string>} */
function query() {
  const given = Object.fromEntries([...new FormData(filters)].map(([name, value]) => [name, String(value).trim()]));
  return { ...given, since: momentOf(given.since ?? "") ?? "", until: momentOf(given.until ?? "") ?? "" };
}

const pager = new Pager("/v1/audit", "entries", {
  query,
  show: (entries) => {
    list.replace(rowsOf(entries));
    showTimes(list.list);
  },
});

/** The server says what "publish" came to, by the state of the item: it was scheduled, or saved as a draft. */
const CAME_TO = /** @type {Record<string, string>} */ (settings.cameTo);

/** @param {any} entry */
const did = ({ action = "", state = "" }) => label((action === "publish" && CAME_TO[state]) || action);

/** How values are written that are no text of an item. */
const say = { time: (/** @type {string} */ at) => timeText(at, true) || at, field: (/** @type {string} */ name) => settings.fields[name] ?? name };

/** @param {string} name */
const label = (name) => settings.actions[name] ?? name.replaceAll("_", " ");

/** @param {{ changes?: Record<string, { before: unknown, after: unknown }>, [name: string]: any }} entry */
function row(entry) {
  const changes = Object.entries(entry.changes ?? {}).filter(([, { before, after }]) => !(isEmpty(before) && isEmpty(after)));
  const role = settings.roles[entry.role] ?? entry.role;
  return h(
    "li.row",
    { "data-id": entry.id, "data-name": `${did(entry)} ${entry.by ?? ""}`, tabindex: "-1" },
    h(
      "p.what",
      {},
      h("b", {}, did(entry)),
      " ",
      entry.item
        ? h("a", { href: `/console#item=${entry.item}`, dir: "ltr" }, `…${entry.item.slice(-6)}`)
        : entry.target && h("code", { dir: "ltr" }, entry.target),
    ),
    h(
      "p.meta",
      {},
      h("span.who", { dir: "auto" }, entry.by || words("newsroom")),
      role && h("span", {}, role),
      time(entry.at, true),
      entry.address && h("span", { dir: "ltr" }, entry.address),
      entry.level && entry.level !== "ticker" && h(`span.chip.level-${entry.level}`, {}, settings.levels[entry.level] ?? entry.level),
      entry.edition && h("span.edition", {}, entry.edition),
    ),
    entry.reason && h("p.reason", {}, h("bdi", {}, entry.reason)),
    changes.length ? h("dl.changes", {}, ...changes.flatMap(([name, change]) => difference(name, change))) : null,
  );
}

/** @param {string} name @param {{ before: unknown, after: unknown }} change */
function difference(name, { before, after }) {
  const { levels: level, roles: role, states: state, values } = settings;
  const names = /** @type {Record<string, Record<string, string>>} */ ({ level, role, state, session: values, sessions: values, password: values })[name];
  const named = (/** @type {any} */ value) => names?.[value] ?? value;
  return [h("dt", {}, say.field(name)), h("dd", {}, changed(named(before), named(after), say))];
}

/** Save what the filters choose as a file, one JSON object a line; up to `LINES_MAX`. */
async function download() {
  const button = /** @type {HTMLButtonElement} */ (one("[data-download]"));
  button.disabled = true;
  try {
    /** @type {string[]} */
    const lines = [];
    let before = "";
    do {
      const page = await get("/v1/audit", { ...query(), limit: "200", before });
      lines.push(...page.entries.map((/** @type {any} */ entry) => JSON.stringify(entry)));
      before = page.next ?? "";
    } while (before && lines.length < LINES_MAX);
    const file = URL.createObjectURL(new Blob([`${lines.join("\n")}\n`], { type: "application/x-ndjson" }));
    const link = h("a", { href: file, download: `audit-${new Date().toISOString().slice(0, 10)}.ndjson` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(file));
  } catch (error) {
    tell(error);
  } finally {
    button.disabled = false;
  }
}

let typing = 0;
filters.addEventListener("input", () => {
  clearTimeout(typing);
  typing = window.setTimeout(() => void pager.load(), 250);
});
filters.addEventListener("submit", (event) => event.preventDefault());
one("[data-download]").addEventListener("click", () => void download());

begin({
  load: (again) => pager.load(again),
  rows: list,
  keys: { "/": () => /** @type {HTMLElement} */ (filters.elements.namedItem("by")).focus() },
  commands: () => [[words("download"), () => void download()]],
});
