/** People: accounts with their role, editions and one-time codes. */

import { call, sessionEnded } from "./api.js";
import { ask, tell, toast } from "./dialogs.js";
import { keeping, Rows } from "./rows.js";
import { Turns } from "./turns.js";
import { begin, button, fillIn, get, h, one, reveal } from "./view.js";
import { settings, words } from "./words.js";

const list = new Rows(one("[data-people]"));
const turns = new Turns();
/** @type {Map<string, any>} */
let people = new Map();
const rowsOf = keeping(row);

async function load() {
  if (sessionEnded()) return;
  const newest = turns.begin();
  try {
    const found = await get("/v1/people");
    if (!newest()) return;
    people = new Map(found.people.map((/** @type {any} */ person) => [person.name, person]));
    list.replace(rowsOf(found.people));
    one("[data-empty]").hidden = people.size > 0;
  } catch (error) {
    tell(error);
  }
}

/** @param {any} person */
function row(person) {
  const own = person.name === document.body.dataset.name && settings.account;
  return h(
    `li.row${person.disabled ? ".disabled" : ""}`,
    { "data-id": person.name, "data-name": person.name, tabindex: "-1" },
    h("p.headline", {}, h("bdi", {}, person.name), own ? h("span.soft", {}, ` · ${words("you")}`) : null),
    h(
      "p.meta",
      {},
      h(`span.chip.role-${person.role}`, {}, settings.roles[person.role] ?? person.role),
      h("span", {}, person.editions.length ? person.editions.join(", ") : words("allEditions")),
      person.two_factor ? h("span.chip.good", {}, words("codes")) : h("span", {}, words("noCodes")),
      person.passkeys.length > 0 && h("span.chip.good", {}, words("passkeys")),
      person.disabled && h("span.chip.bad", {}, words("disabled")),
    ),
    h(
      "p.acts",
      {},
      button(words("change"), () => change(person.name), ".act"),
      own ? null : button(words("newPassword"), () => newPassword(person.name), ".act"),
      own ? null : person.two_factor || person.passkeys.length ? button(words("codesOff"), () => codesOff(person.name), ".act") : null,
      own ? null : button(words(person.disabled ? "enable" : "disable"), () => activate(person), `.act${person.disabled ? ".good" : ".danger"}`),
    ),
  );
}

/** @param {HTMLFormElement} form */
const rights = (form) => {
  const data = new FormData(form);
  return { role: data.get("role"), editions: data.getAll("editions") };
};

async function create() {
  /** @type {any} */
  let made = null;
  const done = await fillIn("person", async (form) => {
    const name = String(new FormData(form).get("name")).trim();
    made = await call("POST", "/v1/people", { name, ...rights(form) });
  }, (form) => prepare(form, null));
  if (!done) return;
  reveal(made.name, made.password); // at once: nobody can ask for it again
  await load();
}

/** @param {string} name */
async function change(name) {
  const person = people.get(name);
  if (!person) return;
  const done = await fillIn(
    "person",
    (form) => call("PATCH", `/v1/people/${encodeURIComponent(name)}`, rights(form)),
    (form) => prepare(form, person),
  );
  if (done) {
    toast(words("saved"));
    await load();
  }
}

/** @param {HTMLFormElement} form @param {any} person Null: a new one. */
function prepare(form, person) {
  const name = /** @type {HTMLInputElement} */ (form.elements.namedItem("name"));
  const title = /** @type {HTMLElement} */ (form.querySelector("h2"));
  title.textContent = words(person ? "changePerson" : "newPerson");
  name.value = person?.name ?? "";
  name.readOnly = person !== null;
  /** @type {HTMLSelectElement} */ (form.elements.namedItem("role")).value = person?.role ?? "editor";
  for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[name=editions]")))
    box.checked = person?.editions.includes(box.value) ?? false;
}

/** @param {string} name */
async function newPassword(name) {
  /** @type {any} */
  let changed = null;
  const done = await ask({
    title: words("newPasswordFor", { name }),
    text: words("newPasswordText"),
    ok: words("newPassword"),
    act: async () => {
      changed = await call("PATCH", `/v1/people/${encodeURIComponent(name)}`, { new_password: true });
    },
  });
  if (done) reveal(changed.name, changed.password);
}

/** @param {string} name */
async function codesOff(name) {
  const done = await ask({
    title: words("codesOffFor", { name }),
    text: words("codesOffText"),
    ok: words("codesOff"),
    act: () => call("PATCH", `/v1/people/${encodeURIComponent(name)}`, { two_factor: false }),
  });
  if (done) await load();
}

/** @param {any} person */
async function activate(person) {
  const path = `/v1/people/${encodeURIComponent(person.name)}`;
  const disabled = !person.disabled;
  if (!disabled) {
    try {
      await call("PATCH", path, { disabled });
    } catch (error) {
      tell(error);
    }
    return load();
  }
  const done = await ask({
    title: words("disableFor", { name: person.name }),
    text: words("disableText"),
    ok: words("disable"),
    alert: true,
    act: () => call("PATCH", path, { disabled }),
  });
  if (done) await load();
}

one("[data-new-person]").addEventListener("click", () => void create());

begin({
  load,
  rows: list,
  keys: { n: () => void create(), c: () => void change(list.current) },
  commands: () => [[words("newPerson"), () => void create()]],
});
