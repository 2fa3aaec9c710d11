/**
 * When to come back, and whether at all (PROTOCOL.md §7). Pure.
 *
 * Every wait of the client stands here with its reason. All are in milliseconds.
 */

/** Full jitter: the n-th wait is uniform between 0 and min(cap, base × 2ⁿ). */
export const BACKOFF_BASE_MS = 1_000;
export const BACKOFF_CAP_MS = 30_000;
/** A server may ask for a longer wait with `goodbye`, up to this. */
export const GOODBYE_CAP_MS = 120_000;
/** A link that has not said welcome by then is given up. */
export const WELCOME_MS = 10_000;
/** How long a sign of life may take: of a link after a `ping`, of the leading tab after a nudge. */
export const PROBE_MS = 5_000;
/**
 * Only a link that lived so long after its welcome makes the waits start afresh: a server that
 * welcomes and drops in a loop would otherwise get its readers back twice a second.
 */
export const SETTLED_MS = 5_000;
/** On a worse transport: how often the best one is tried again. */
export const IMPROVE_MS = 600_000;
/** A tab that is shown again tries it as well, but not at every glance. */
export const GLANCE_MS = 60_000;
/** Between two polls, ± a quarter; the second when nobody looks. */
export const POLL_MS = 4_000;
export const POLL_HIDDEN_MS = 30_000;
/** A poll that was not answered by then has failed. */
export const ANSWER_MS = 10_000;

/**
 * How long to wait before attempt number `attempt` (from 0), in ms.
 *
 * @param {number} attempt
 * @param {() => number} [random]
 */
export function backoff(attempt, random = Math.random) {
  return random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 30));
}

/**
 * Whether a close code allows another attempt: 4400–4499 say that the same request fails again.
 *
 * @param {number} code
 */
export function comesBack(code) {
  return code < 4400 || code > 4499;
}

/** Whether a reader may be looking at this page. Without a document there is nobody to hide from. */
export function visible() {
  return globalThis.document?.visibilityState !== "hidden";
}
