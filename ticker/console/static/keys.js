/** Editor keys: make one, which is shown once, and revoke those that nobody needs. */

import { call, sessionEnded } from "./api.js";
import { ask, momentOf, showTimes, tell, toast } from "./dialogs.js";
import { keeping, Rows } from "./rows.js";
import { Turns } from "./turns.js";
import { begin, button, fillIn, get, h, one, reveal, time } from "./view.js";
import { settings, words } from "./words.js";

const list = new Rows(one("[data-keys]"));
const turns = new Turns();
const rowsOf = keeping(row);

async function load() {
  if (sessionEnded()) return;
  const newest = turns.begin();
  try {
    const { keys } = await get("/v1/keys");
    if (!newest()) return;
    const now = Date.now();
    const expired = (/** @type {any} */ { expires_at }) => expires_at !== null && Date.parse(expires_at) <= now;
    list.replace(rowsOf(keys.map((/** @type {any} */ key) => ({ ...key, expired: expired(key) })).reverse())); // the newest first
    one("[data-empty]").hidden = keys.length > 0;
    showTimes(list.list);
  } catch (error) {
    tell(error);
  }
}

/** @param {any} key */
function row(key) {
  return h(
    `li.row${key.expired ? ".disabled" : ""}`,
    { "data-id": key.id, "data-name": key.name, tabindex: "-1" },
    h("p.headline", {}, h("bdi", {}, key.name), key.id === settings.key ? h("span.soft", {}, ` · ${words("thisKey")}`) : null),
    h(
      "p.meta",
      {},
      h(`span.chip.role-${key.role}`, {}, settings.roles[key.role] ?? key.role),
      h("span", {}, key.editions.length ? key.editions.join(", ") : words("allEditions")),
      said("keyUsed", key.used_at) ?? h("span", {}, words("keyUnused")),
      key.expired ? h("span.chip.bad", {}, words("keyExpired")) : (said("keyExpires", key.expires_at) ?? h("span", {}, words("keyForever"))),
    ),
    h("p.meta", {}, said("keyMade", key.created_at), key.created_by && h("span", {}, `${words("by")} `, h("bdi", {}, key.created_by)), h("code", { dir: "ltr" }, key.id)),
    h("p.acts", {}, button(words("revoke"), () => revoke(key), ".act.danger")),
  );
}

/** @param {string} name @param {string | null} at @returns {HTMLElement | null} */
const said = (name, at) => (at ? h("span", {}, `${words(name)} `, time(at, true)) : null);

async function create() {
  /** @type {any} */
  let made = null;
  const done = await fillIn("key", async (form) => {
    const data = new FormData(form);
    const expires_at = momentOf(String(data.get("expires_at")));
    made = await call("POST", "/v1/keys", {
      name: String(data.get("name")).trim(),
      role: data.get("role"),
      editions: data.getAll("editions"),
      ...(expires_at ? { expires_at } : {}),
    });
  }, (form) => (/** @type {HTMLSelectElement} */ (form.elements.namedItem("role")).value = "editor"));
  if (!done) return;
  reveal(made.name, made.key); // at once: nobody can ask for it again
  await load();
}

/** @param {any} key */
async function revoke(key) {
  const done = await ask({
    title: words("revokeTitle", { name: key.name }),
    text: words(key.id === settings.key ? "revokeOwnText" : "revokeText"),
    ok: words("revoke"),
    alert: true,
    act: () => call("DELETE", `/v1/keys/${key.id}`),
  });
  if (!done) return;
  toast(words("revoked", { name: key.name }));
  await load();
}

one("[data-new-key]").addEventListener("click", () => void create());

begin({
  load,
  every: 30_000,
  rows: list,
  keys: { n: () => void create() },
  commands: () => [[words("newKey"), () => void create()]],
});
