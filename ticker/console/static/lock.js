/** Colleagues are told who is at an item. It is a notice: whoever saves first wins, by the version. */

import { call } from "./api.js";

const AGAIN_MS = 20_000;
/** A lock is for a minute: one that is not taken again ends, as when the page is closed. */

/**
 * @template T
 * @param {string} id @param {(colleague: string) => Promise<T>} act Called with the name of the colleague who is at it, or "".
 * @returns {Promise<T>}
 */
export async function atIt(id, act) {
  const path = `/v1/items/${encodeURIComponent(id)}/lock`;
  const take = () => call("PUT", path).catch(() => null); // editing goes on without it
  const lock = await take();
  const again = setInterval(() => void take(), AGAIN_MS);
  try {
    return await act(lock === null || lock.yours ? "" : lock.by);
  } finally {
    clearInterval(again);
    void call("DELETE", path).catch(() => null);
  }
}
