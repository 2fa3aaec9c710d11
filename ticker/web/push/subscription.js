/**
 * The browser's push subscription: local storage shared by page and service worker, and its registration
 * with the newsroom. The storage is the Cache API, which both can use without a schema.
 *
 * @typedef {object} Interests Filter of the alerts; no sections means all sections.
 * @property {string} edition
 * @property {string[]} sections
 * @property {string} level
 *
 * @typedef {object} Registration The last successful registration.
 * @property {string} endpoint
 * @property {Interests} interests
 * @property {number} at Time, in ms since 1970.
 * @property {Fallback} fallback
 *
 * @typedef {object} Fallback Notification for a message that cannot be parsed.
 * @property {string} title
 * @property {string} body
 * @property {string} lang
 * @property {"ltr"|"rtl"|"auto"} dir
 */

const CACHE = "ticker-push";
const TIMEOUT_MS = 10_000;

/**
 * Return the stored value, or null.
 *
 * @param {"registration"|"delivered"} name
 */
export async function load(name) {
  const found = await (await caches.open(CACHE)).match(`/${CACHE}/${name}`);
  return found ? found.json() : null;
}

/** @param {"registration"|"delivered"} name @param {unknown} value */
export async function save(name, value) {
  await (await caches.open(CACHE)).put(`/${CACHE}/${name}`, new Response(JSON.stringify(value)));
}

/** Delete all stored values. */
export async function clear() {
  await caches.delete(CACHE);
}

/**
 * Send `body` to the newsroom. Rejects on a network error or a timeout.
 *
 * @param {"POST"|"DELETE"} method
 * @param {string} server Scheme and host; empty for the page's own.
 * @param {unknown} body
 */
function send(method, server, body) {
  return fetch(`${server}/v1/push/subscriptions`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
}

/**
 * Register `subscription` with the newsroom.
 *
 * @param {string} server
 * @param {PushSubscription} subscription
 * @param {Interests} interests
 * @param {string} [replaces] Endpoint of the previous registration, to delete it.
 */
export function register(server, subscription, { edition, sections, level }, replaces) {
  const changed = replaces && replaces !== subscription.endpoint;
  return send("POST", server, {
    subscription,
    edition,
    sections,
    level,
    ...(changed && { replaces }),
  });
}

/** @param {string} server @param {string} endpoint */
export function unregister(server, endpoint) {
  return send("DELETE", server, { endpoint });
}

/** Decode base64url. @param {string} key @returns {Uint8Array<ArrayBuffer>} */
export function decode(key) {
  return Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
