/**
 * What page and service worker both know of a browser's subscription, and how it is registered. It
 * lies in the Cache API, the one store that both can use without a schema; nothing of it is sent.
 *
 * @typedef {object} Interests What a reader wants to be told of; no sections means all of them.
 * @property {string} edition
 * @property {string[]} sections
 * @property {string} level
 *
 * @typedef {object} Mine
 * @property {string} endpoint As it was registered last.
 * @property {Interests} interests
 * @property {number} at When, in ms since 1970.
 * @property {Neutral} neutral
 *
 * @typedef {object} Neutral What is said for a message that cannot be read.
 * @property {string} title
 * @property {string} body
 * @property {string} lang
 * @property {"ltr"|"rtl"|"auto"} dir
 */

const CACHE = "ticker-push";
/** How long the newsroom may take for an answer. */
const ANSWER_MS = 10_000;

/**
 * Return what is kept under `name`, or null.
 *
 * @param {"mine"|"told"} name
 */
export async function recall(name) {
  const found = await (await caches.open(CACHE)).match(`/${CACHE}/${name}`);
  return found ? found.json() : null;
}

/** @param {"mine"|"told"} name @param {unknown} value */
export async function keep(name, value) {
  await (await caches.open(CACHE)).put(`/${CACHE}/${name}`, new Response(JSON.stringify(value)));
}

/** Forget everything that was kept. */
export async function forget() {
  await caches.delete(CACHE);
}

/**
 * Send `body` to the newsroom. Rejects where there is no network, or no answer in time.
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
    signal: AbortSignal.timeout(ANSWER_MS),
  });
}

/**
 * Register `subscription`, in place of the endpoint `replaces`.
 *
 * @param {string} server
 * @param {PushSubscription} subscription
 * @param {Interests} interests
 * @param {string} [replaces]
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

/** @param {string} key base64url @returns {Uint8Array<ArrayBuffer>} */
export function bytes(key) {
  return Uint8Array.from(atob(key.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}
