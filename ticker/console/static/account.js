/** Your own account: its password and one-time codes. */

import { call } from "./api.js";
import { toast } from "./dialogs.js";
import { begin, fillIn, one } from "./view.js";
import { settings, words } from "./words.js";

async function ownCodes() {
  /** @type {any} */
  let secret = null;
  const proved = await fillIn("proof", async (form) => {
    secret = await call("POST", "/v1/account/code", { password: String(new FormData(form).get("password")) });
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
  if (done) toast(words("codesOn"));
}

async function ownPassword() {
  const done = await fillIn("password", (form) => {
    const data = new FormData(form);
    return call("PUT", "/v1/account/password", { password: String(data.get("password")), new_password: String(data.get("new_password")) });
  });
  if (done) toast(words("passwordChanged"));
}

document.querySelector("[data-own-codes]")?.addEventListener("click", () => void ownCodes());
document.querySelector("[data-own-password]")?.addEventListener("click", () => void ownPassword());

begin({
  load: async () => {},
  commands: () =>
    settings.account
      ? [
          [words("ownCodes"), () => void ownCodes()],
          [words("ownPassword"), () => void ownPassword()],
        ]
      : [],
});
