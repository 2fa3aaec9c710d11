/**
 * Requests to the editors' API. A session that has ended is not an error: the caller's request waits
 * until the editor has signed in again, and is sent once more with the same idempotency key.
 */

import { refusal } from "./refusals.js";

/** A problem document (RFC 9457), or a connection that failed: then `status` is 0. */
export class Problem extends Error {
  /** @param {number} status @param {any} document */
  constructor(status, document) {
    super(refusal(document));
    this.status = status;
    this.document = document;
  }

  /** The last part of the problem's type, such as `duplicate`. */
  get slug() {
    return String(this.document.type ?? "").split("/").pop() ?? "";
  }
}

const TIMEOUT = 15_000;
const UPLOAD_TIMEOUT = 90_000;
/** Seconds for which an editor waits without a word. */
const PATIENCE_S = 2;
let signedIn = async () => {};
/** @type {Promise<void> | null} Pending while the editor signs in again. */
let signingIn = null;

/** @param {() => Promise<void>} ask Called when the session has ended; returns when there is a new one. */
export function whenSessionEnds(ask) {
  signedIn = ask;
}

/** @returns {boolean} Whether the session has ended. What a timer asks for is left out then: it would only pile up. */
export function sessionEnded() {
  return signingIn !== null;
}

/** Wait until the editor has signed in again: once for all requests. */
function signIn() {
  signingIn ??= signedIn().finally(() => {
    signingIn = null;
  });
  return signingIn;
}

/**
 * @param {string} method @param {string} path @param {object | undefined} [body]
 * @param {Record<string, string>} [headers]
 * @returns {Promise<any>} The response's JSON; null without a body. Rejects with a Problem.
 */
export async function call(method, path, body, headers = {}) {
  /** @type {Record<string, string>} */
  const key = method === "GET" ? {} : { "idempotency-key": crypto.randomUUID() };
  const waits = !path.startsWith("/v1/session");
  for (;;) {
    // A request with a session that has ended counts as a wrong key, and too many of those lock the address out.
    if (waits) await signingIn;
    const ask = () => send(method, path, body, { authorization: "Session", ...key, ...headers });
    const response = await patiently(ask);
    if (response.status === 401 && waits) {
      await signIn();
      continue;
    }
    return read(response);
  }
}

/** @param {string} path @returns {Promise<string>} A part of the console's page, as HTML of our own server. */
export async function part(path) {
  for (;;) {
    await signingIn;
    const response = await patiently(() => send("GET", path, undefined, {}));
    if (response.status === 401) {
      await signIn();
      continue;
    }
    if (!response.ok) throw new Problem(response.status, await response.json().catch(() => ({})));
    return response.text().catch(() => {
      throw new Problem(0, {}); // it broke off: as good as no answer
    });
  }
}

/**
 * Ask once more after too many requests, if the server says that they are few again soon.
 * @param {() => Promise<Response>} ask
 */
async function patiently(ask) {
  const response = await ask();
  const wait = response.status === 429 ? Number(response.headers.get("retry-after") ?? Infinity) : Infinity;
  if (wait > PATIENCE_S) return response;
  await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  return ask();
}

/** @param {string} method @param {string} path @param {object | undefined} body @param {Record<string, string>} headers */
async function send(method, path, body, headers) {
  const file = body instanceof Blob;
  /** @type {Record<string, string>} */
  const json = body === undefined ? {} : { "content-type": file ? body.type : "application/json" };
  try {
    return await fetch(path, {
      method,
      headers: { ...json, ...headers },
      body: body === undefined ? null : file ? body : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(file ? UPLOAD_TIMEOUT : TIMEOUT),
    });
  } catch {
    throw new Problem(0, {});
  }
}

/** @param {Response} response */
async function read(response) {
  if (response.status === 204) return null;
  const data = await response.json().catch(() => null);
  if (!response.ok) throw new Problem(response.status, data ?? {});
  if (data === null) throw new Problem(0, {}); // it broke off: as good as no answer
  return data;
}
