/** Your own account: its password, one-time codes, and where you are signed in. */

import { call, sessionEnded } from "./api.js";
import { ask, showTimes, tell, toast } from "./dialogs.js";
import { addPasskey, passkeysWork } from "./passkeys.js";
import { leftFor, offerProofs, proof } from "./proof.js";
import { keeping, Rows } from "./rows.js";
import { Turns } from "./turns.js";
import { begin, button, fillIn, get, h, one, time } from "./view.js";
import { settings, words } from "./words.js";

const SESSIONS = "/v1/account/sessions";
const list = new Rows(one("[data-sessions]"));
const turns = new Turns();

const rowsOf = keeping(row);
const passkeys = settings.account ? new Rows(one("[data-passkeys]")) : null;

/** @param {any} account */
function showPasskeys(account) {
  if (!passkeys) return;
  one("[data-passkeys-part]").hidden = !passkeysWork && !account.passkeys.length;
  one("[data-add-passkey]").hidden = !passkeysWork;
  offerProofs(account);
  one("[data-own-codes]").hidden = !account.has_password || account.two_factor;
  one("[data-codes-on]").hidden = !account.two_factor;
  const password = words(account.has_password ? "ownPassword" : "setPassword");
  one("[data-own-password]").textContent = one("#password h2").textContent = password;
  passkeys.replace(passkeyRows(account.passkeys));
  showTimes(passkeys.list);
}

/**
 * Ask for the password or a passkey before something is done.
 * @param {string} title @param {string} text @param {string} ok @param {(proof: object) => Promise<unknown>} act
 */
const proving = (title, text, ok, act) =>
  fillIn(
    "proof",
    async (form) => act(await proof(form)),
    () => {
      one("#proof h2").textContent = title;
      one("#proof [data-text]").textContent = text;
      one("#proof [type=submit]").textContent = ok;
    },
  );

/** @param {any} passkey */
const passkeyRow = (passkey) =>
  h(
    "li.row",
    { "data-id": passkey.id, "data-name": passkey.name, tabindex: "-1" },
    h("p.headline", {}, h("bdi", {}, passkey.name)),
    h(
      "p.meta",
      {},
      h("span", {}, `${words("passkeyAdded")} `, time(passkey.created_at, true)),
      passkey.used_at ? h("span", {}, `${words("keyUsed")} `, time(passkey.used_at, true)) : h("span", {}, words("keyUnused")),
    ),
    h("p.acts", {}, button(words("remove"), () => removePasskey(passkey), ".act.danger")),
  );

const passkeyRows = keeping(passkeyRow);

/** @param {string} [name] What the person has called it already. */
async function newPasskey(name = "") {
  const done = await fillIn(
    "passkey",
    async (form) => addPasskey(String(new FormData(form).get("name")).trim(), await proof(form)),
    (form) => {
      /** @type {HTMLInputElement} */ (form.elements.namedItem("name")).value = name;
    },
  );
  if (!done) return;
  toast(words("passkeyDone"));
  await load();
}

/** @param {any} passkey */
async function removePasskey(passkey) {
  const act = (/** @type {object} */ given) => call("POST", `/v1/account/passkeys/${passkey.id}/remove`, given);
  const done = await proving(words("removePasskey", { name: passkey.name }), words("removePasskeyText"), words("remove"), act);
  if (done) await load();
}

async function load() {
  if (sessionEnded()) return;
  const newest = turns.begin();
  try {
    const [account, { sessions }] = await Promise.all([passkeys && get("/v1/account"), get(SESSIONS)]);
    if (!newest()) return;
    showPasskeys(account);
    list.replace(rowsOf(sessions));
    one("[data-empty]").hidden = sessions.length > 0;
    one("[data-end-others]").hidden = !sessions.some((/** @type {any} */ session) => !session.current);
    showTimes(list.list);
  } catch (error) {
    tell(error);
  }
}

/** @param {any} session */
function row(session) {
  const name = browserOf(session.browser) || words("unknownBrowser");
  return h(
    "li.row",
    { "data-id": session.id, "data-name": name, tabindex: "-1" },
    h("p.headline", { title: session.browser }, h("bdi", {}, name), session.current ? h("span.soft", {}, ` · ${words("thisBrowser")}`) : null),
    h(
      "p.meta",
      {},
      h("span", {}, `${words("sessionBegan")} `, time(session.began_at, true)),
      session.current ? null : h("span", {}, `${words("keyUsed")} `, time(session.used_at, true)),
      session.address && h("span", { dir: "ltr" }, session.address),
      h("code", { dir: "ltr" }, session.id),
    ),
    session.current ? null : h("p.acts", {}, button(words("endSession"), () => end(session.id), ".act.danger")),
  );
}

/** @param {string} agent What a browser calls itself. @returns {string} Its name and system; it may claim to be another. */
function browserOf(agent) {
  const known = [/(Edg|OPR|Firefox|FxiOS|CriOS|Chrome|HeadlessChrome)\/\d+/, /(Safari)\/\d+/].map((one) => one.exec(agent)?.[1]).find(Boolean);
  const name = { Edg: "Edge", OPR: "Opera", FxiOS: "Firefox", CriOS: "Chrome", HeadlessChrome: "Chrome" }[known ?? ""] ?? known;
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux"].find((one) => agent.includes(one));
  return [name, system?.replace(" OS X", "").replace("CrOS", "ChromeOS")].filter(Boolean).join(" · ") || agent.slice(0, 40);
}

/** @param {string} id */
async function end(id) {
  try {
    await call("DELETE", `${SESSIONS}/${id}`);
    toast(words("sessionEnds"));
  } catch (error) {
    tell(error);
  }
  await load();
}

async function endOthers() {
  const done = await ask({
    title: words("endOthersTitle"),
    text: words(settings.account ? "endOthersText" : "endOthersOfKey"),
    ok: words("endOthers"),
    alert: true,
    act: () => call("DELETE", SESSIONS),
  });
  if (!done) return;
  toast(words("sessionsEnd"));
  await load();
}

async function ownCodes() {
  /** @type {any} */
  let secret = null;
  const proved = await proving(words("ownCodes"), words("proofText"), words("goOn"), async (given) => {
    secret = await call("POST", "/v1/account/code", given);
  });
  if (!proved) return;
  const done = await fillIn(
    "codes",
    (form) => call("PUT", "/v1/account/code", { code: String(new FormData(form).get("code")).trim() }),
    () => {
      one("#codes [data-secret]").textContent = secret.secret.replace(/(.{4})(?=.)/g, "$1 ");
      /** @type {HTMLAnchorElement} */ (one("#codes [data-address]")).href = secret.address;
    },
  );
  one("#codes [data-secret]").textContent = "";
  if (!done) return;
  toast(words("codesOn"));
  await load();
}

async function ownPassword() {
  const done = await fillIn("password", async (form) => {
    const chosen = String(new FormData(form).get("new_password"));
    return call("PUT", "/v1/account/password", { ...(await proof(form)), new_password: chosen });
  });
  if (!done) return;
  toast(words("passwordChanged"));
  await load();
}

document.querySelector("[data-add-passkey]")?.addEventListener("click", () => void newPasskey());
document.querySelector("[data-own-codes]")?.addEventListener("click", () => void ownCodes());
document.querySelector("[data-own-password]")?.addEventListener("click", () => void ownPassword());

one("[data-end-others]").addEventListener("click", () => void endOthers());

begin({
  load,
  every: 30_000,
  rows: list,
  commands: () => [
    [words("endOthers"), () => void endOthers()],
    ...(settings.account
      ? /** @type {[string, () => void][]} */ ([
          [words("ownCodes"), () => void ownCodes()],
          [words("ownPassword"), () => void ownPassword()],
        ])
      : []),
  ],
});

const left = leftFor();
if (left) {
  await load(); // the dialog is to offer the proof that there is now
  if (left.id === "passkey") void newPasskey(left.name);
  if (left.id === "password") void ownPassword();
}
