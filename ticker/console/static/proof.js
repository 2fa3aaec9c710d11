/** A change of your account asks for a proof that it is you: the password, a passkey, or a fresh sign-in at the provider. */

import { Problem } from "./api.js";
import { passkeysWork, proveWithPasskey } from "./passkeys.js";
import { one } from "./view.js";
import { words } from "./words.js";

const KEPT = "ticker-proof";

/** By what this person can prove it in this browser. */
let hasPassword = true;
let hasPasskey = false;
let provedUntil = 0;

/** @param {any} account Offer in every dialog what this account has. */
export function offerProofs(account) {
  hasPassword = account.has_password;
  hasPasskey = passkeysWork && account.passkeys.length > 0;
  provedUntil = Date.parse(account.proved_until ?? "") || 0;
  const proved = provedUntil > 0;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".proof"))) {
    /** @param {string} name @param {boolean} shown */
    const show = (name, shown) => {
      const found = /** @type {HTMLElement | null} */ (part.querySelector(`[data-${name}]`));
      if (found) found.hidden = !shown;
    };
    show("by-password", hasPassword && !proved);
    show("or-passkey", hasPasskey && !proved);
    show("at-provider", account.openid && !proved);
    show("proved", proved);
    const hint = part.querySelector("[data-or-passkey]");
    if (hint) hint.textContent = words(hasPassword ? "orPasskey" : "withPasskeyOnly");
    const send = /** @type {HTMLElement | null} */ (part.closest("form")?.querySelector("[type=submit]"));
    if (send) send.hidden = !hasPassword && !hasPasskey && !proved;
  }
}

/** @param {HTMLFormElement} form @returns {Promise<object>} What proves it, as the API takes it. Rejects with a Problem. */
export async function proof(form) {
  const password = String(new FormData(form).get("password"));
  if (password) return { password };
  if (provedUntil > Date.now()) return {};
  if (hasPasskey) return proveWithPasskey();
  if (!hasPassword) throw new Problem(400, { detail: words("provedOver") });
  return { password };
}

/** Remember which dialog the person leaves for the provider, and what it says, but no password. */
for (const link of document.querySelectorAll("[data-at-provider] a"))
  link.addEventListener("click", () => {
    const dialog = /** @type {HTMLDialogElement} */ (link.closest("dialog"));
    const name = dialog.querySelector("[name=name]");
    sessionStorage.setItem(KEPT, JSON.stringify({ id: dialog.id, name: name instanceof HTMLInputElement ? name.value : "" }));
  });

/** @returns {{ id: string, name: string } | null} The dialog for which the person has just signed in at the provider. */
export function leftFor() {
  const proved = new URLSearchParams(location.search).has("proved");
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (!proved) return null;
  history.replaceState(null, "", location.pathname);
  one("#view").focus();
  return kept ? JSON.parse(kept) : null;
}
