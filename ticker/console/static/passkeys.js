/** Passkeys: what the browser's device signs, in the JSON that the API takes (WebAuthn level 3). */

import { call, Problem } from "./api.js";
import { words } from "./words.js";

/** Whether this browser has passkeys at this address: over HTTPS or on this machine, and at a name, not an IP address. */
export const passkeysWork =
  "PublicKeyCredential" in globalThis &&
  "parseCreationOptionsFromJSON" in PublicKeyCredential &&
  isSecureContext &&
  !/^[\d.]+$|:/.test(location.hostname);

/** @param {() => Promise<Credential | null>} ask @returns {Promise<any>} The device's answer. Rejects with a Problem. */
async function answer(ask) {
  try {
    const made = /** @type {PublicKeyCredential | null} */ (await ask());
    if (made) return made.toJSON();
  } catch (error) {
    if (error instanceof DOMException && error.name === "InvalidStateError") throw new Problem(409, { detail: words("passkeyKnown") });
    if (!(error instanceof DOMException)) throw error;
  }
  throw new Problem(400, { detail: words("passkeyNone") });
}

/** @param {string} name @param {object} proof Make a passkey for the account that is signed in. */
export async function addPasskey(name, proof) {
  const { options } = await call("POST", "/v1/account/passkeys/challenge", proof);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await answer(() => navigator.credentials.create({ publicKey }));
  return call("POST", "/v1/account/passkeys", { name, credential });
}

/** @returns {Promise<any>} The new session. */
export async function signInWithPasskey() {
  const { options } = await call("POST", "/v1/session/passkey/challenge");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await answer(() => navigator.credentials.get({ publicKey }));
  return call("POST", "/v1/session/passkey", { credential });
}

/** @returns {Promise<object>} What proves with one of the account's passkeys that it is still its person. */
export async function proveWithPasskey() {
  const { options } = await call("POST", "/v1/account/proof/challenge");
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return { credential: await answer(() => navigator.credentials.get({ publicKey })) };
}
