/**
 * Return the longest delay before attempt number `attempt` (from 0), in ms.
 *
 * @param {number} attempt
 */
export function longestDelay(attempt: number): number;
/**
 * Return the delay before attempt number `attempt` (from 0), in ms.
 *
 * @param {number} attempt
 * @param {() => number} [random]
 */
export function backoff(attempt: number, random?: () => number): number;
/**
 * Whether the client may reconnect after this close code. Codes 4400–4499 mean that the same request
 * would fail again.
 *
 * @param {number} code
 */
export function isRetryable(code: number): boolean;
/** Whether the page is visible. Always true without a document (Node.js). */
export function isVisible(): boolean;
/**
 * Timeouts, intervals and backoff of the client (PROTOCOL.md §7). Pure. All times are in milliseconds.
 */
/** Full jitter: the n-th delay is uniform between 0 and min(cap, base × 2ⁿ). */
export const BACKOFF_BASE_MS: 1000;
export const BACKOFF_CAP_MS: 30000;
/** Longest delay that a server may request with `goodbye`. */
export const GOODBYE_CAP_MS: 120000;
/** Attempts while a server that said goodbye is expected back; after them the delays double. */
export const EXPECTED_ATTEMPTS: 60;
/** A connection without a welcome after this time is closed. */
export const WELCOME_TIMEOUT_MS: 10000;
/** Time allowed for an answer: by a connection to a `ping`, by the leader tab to a request. */
export const PROBE_TIMEOUT_MS: 5000;
/**
 * A connection that lasts this long after its welcome resets the backoff. Resetting it at the welcome
 * would make a server that accepts and drops connections receive them again twice a second.
 */
export const STABLE_MS: 5000;
/** Interval at which the preferred transport is tried again while another one is in use. */
export const UPGRADE_INTERVAL_MS: 600000;
/** Minimum interval for the same when the tab is shown again. */
export const UPGRADE_ON_SHOW_MS: 60000;
/** Time between two polls, ± 25 %; the second applies to a hidden page. */
export const POLL_MS: 4000;
export const POLL_HIDDEN_MS: 30000;
/** A poll without a response after this time has failed. */
export const RESPONSE_TIMEOUT_MS: 10000;
