/** The form to sign in, on its page and in the dialog of a session that has ended. */

import { call, Problem } from "./api.js";
import { passkeysWork, signInWithPasskey } from "./passkeys.js";
import { words } from "./words.js";

/** @param {HTMLFormElement} form @param {(session: any) => void} done Called with the new session. */
export function signInWith(form, done) {
  const error = /** @type {HTMLElement} */ (form.querySelector(".form-error"));
  const code = /** @type {HTMLElement} */ (form.querySelector("[data-code]"));
  const passkey = /** @type {HTMLButtonElement} */ (form.querySelector("[data-passkey]"));
  passkey.hidden = !passkeysWork;
  passkey.addEventListener("click", async () => {
    passkey.disabled = true;
    error.hidden = true;
    try {
      const session = await signInWithPasskey();
      form.reset();
      done(session);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      error.textContent = problem.status ? problem.message : words("failed");
      error.hidden = false;
    } finally {
      passkey.disabled = false;
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const entered = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
    const { key = "", name = "", password = "" } = entered;
    const body = key ? { key: key.trim() } : { name, password, code: entered.code ?? "" };
    if (!key && !(name.trim() && password)) {
      const wantsKey = "byKey" in form.dataset && !name.trim() && !password;
      error.textContent = words(wantsKey ? "keyEmpty" : "signInEmpty");
      error.hidden = false;
      const missing = wantsKey ? "key" : name.trim() ? "password" : "name";
      /** @type {HTMLElement | null} */ (form.querySelector(`[name=${missing}]`))?.focus();
      return;
    }
    const button = /** @type {HTMLButtonElement} */ (form.querySelector("[type=submit]"));
    button.disabled = true;
    error.hidden = true;
    try {
      const session = await call("POST", "/v1/session", body);
      form.reset();
      code.hidden = true;
      done(session);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.slug === "code-required") {
        const asked = code.hidden;
        code.hidden = false;
        code.querySelector("input")?.focus();
        if (asked) return;
      }
      error.textContent = why(problem, Boolean(key));
      error.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}

/** @param {Problem} problem @param {boolean} withKey @returns {string} Why the sign-in was refused. */
function why(problem, withKey) {
  if (!problem.status) return words("failed");
  if (problem.slug === "unauthorised") return words(withKey ? "wrongKey" : "wrongPassword");
  return problem.message;
}

/** Buttons that choose the language: a cookie, and the page again. */
export function languageButtons() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => {
      const language = /** @type {HTMLElement} */ (button).dataset.language;
      document.cookie = `ticker_language=${language}; path=/; max-age=31536000; samesite=strict`;
      location.reload();
    });
  }
}

if (document.body.classList.contains("sign-in")) {
  languageButtons();
  const form = /** @type {HTMLFormElement} */ (document.querySelector("[data-sign-in]"));
  // A page that asked to sign in first is shown then.
  signInWith(form, () => (location.pathname === "/console/sign-in" ? location.assign("/console") : location.reload()));
  form.querySelector("input")?.focus();
}
