/**
 * Keep one connection open: connect, detect silence, reconnect with backoff, and change the transport
 * when it does not work.
 *
 * A transport that received a welcome is kept. After two attempts without a welcome, the next transport
 * is tried. While a less preferred transport is in use, the preferred one is tried again from time to
 * time; the cursor ensures that no item is lost in between.
 *
 * @import { Goodbye, Message } from "./state.js"
 * @import { Receiver, Socket, Transport } from "./transports.js"
 *
 * @typedef {"connecting"|"live"|"waiting"|"stopped"} Phase
 *
 * @typedef {object} Callbacks
 * @property {() => URLSearchParams} query Return the query of the next attempt.
 * @property {(message: Message) => void} receive
 * @property {(status: {phase: Phase, retryAt?: number, error: string|null}) => void} setStatus After
 *   `stopped`, the connection does nothing more.
 */

import {
  EXPECTED_ATTEMPTS,
  GOODBYE_CAP_MS,
  isRetryable,
  longestDelay,
  PROBE_TIMEOUT_MS,
  STABLE_MS,
  UPGRADE_INTERVAL_MS,
  UPGRADE_ON_SHOW_MS,
  WELCOME_TIMEOUT_MS,
} from "./timing.js";

export class Connection {
  #base;
  #transports;
  #callbacks;
  /** @type {Socket|null} */
  #socket = null;
  /** Time of the last attempt with the preferred transport. */
  #triedAt = 0;
  /** Index of the transport in use. */
  #index = 0;
  /** Lowest index that ever received a welcome. */
  #bestIndex = Infinity;
  /** @type {number} Time of the welcome on the current connection; 0 before it. */
  #welcomedAt = 0;
  /** @type {Goodbye|null} */
  #goodbye = null;
  /** After a goodbye, another server is expected, and tried within this time. */
  #retryMs = 0;
  /** @type {string|null} */
  #error = null;
  /** Id of the only subscription that an error concerns. */
  /** @type {number|undefined} */
  #sub;
  /** Attempts in a row; negative while another server is expected. */
  #attempt = 0;
  #failures = 0;
  #receivedAt = 0;
  #timeout = WELCOME_TIMEOUT_MS;
  /** Time of the next scheduled action: an attempt, or closing a silent connection. */
  #due = Infinity;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /**
   * @param {URL} base @param {Transport[]} transports @param {Callbacks} callbacks
   */
  constructor(base, transports, callbacks) {
    this.#base = base;
    this.#transports = transports;
    this.#callbacks = callbacks;
  }

  start() {
    this.#attempt = 0;
    this.#connect();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    this.#socket?.close();
    this.#socket = null;
  }

  /** Time of the next action, if no message arrives before it; ms since 1970. */
  get due() {
    return Math.min(this.#due, this.#socket?.due ?? Infinity);
  }

  /**
   * React to the network coming back (`network`) or the page being shown: end a long delay, and check
   * an existing connection.
   *
   * @param {boolean} network
   */
  wake(network) {
    // An attempt that started without a network may hang.
    const idle = !this.#socket || (network && !this.#welcomedAt);
    if (!this.#shouldUpgrade(network ? 0 : UPGRADE_ON_SHOW_MS) && !idle) return this.probe();
    // After a goodbye, keep the delay: the server spreads its clients over time.
    if (!this.#goodbye) this.start();
  }

  /** Whether the server has answered the subscriptions of this connection. */
  get welcomed() {
    return !!this.#welcomedAt;
  }

  /** Send a message. Returns whether the transport takes it. @param {{type: string}} message */
  send(message) {
    return !!this.#socket?.send?.(message);
  }

  /** Ping the server, and close the connection if it does not answer soon. */
  probe() {
    if (!this.#socket || !this.#welcomedAt) return;
    // After sleep the watchdog may be hours late, and a network change leaves sockets hanging.
    const left = this.#receivedAt + this.#timeout - Date.now();
    this.#startWatchdog(this.send({ type: "ping" }) ? Math.min(PROBE_TIMEOUT_MS, left) : left);
  }

  #connect() {
    this.stop();
    this.#timeout = WELCOME_TIMEOUT_MS;
    this.#resetWatchdog();
    this.#callbacks.setStatus({ phase: "connecting", error: this.#error });
    if (this.#due === Infinity) return; // stopped by a listener
    this.#error = this.#goodbye = null;
    this.#sub = undefined;
    this.#welcomedAt = 0;
    this.#socket = this.#open();
  }

  /** @returns {Socket} Its receiver is not called after `close`. */
  #open() {
    const query = this.#callbacks.query();
    let open = true;
    /** @type {Socket} */
    let socket = { send: null, close() {} };
    /** @type {Receiver["close"]} */
    const closed = (code, reason) => void (open && this.#closed(code, reason));
    try {
      socket = this.#transports[this.#index](this.#base, query, {
        message: (message) => open && this.#receive(/** @type {Message} */ (message)),
        close: closed,
      });
    } catch (error) {
      setTimeout(closed, 0, 1006, `${error}`); // not supported, or not allowed on this page
    }
    const { close } = socket;
    socket.close = () => {
      open = false;
      close();
    };
    return socket;
  }

  /** @param {Message} message */
  #receive(message) {
    const { type } = message;
    if (type === "welcome") {
      this.#welcomedAt ||= Date.now();
      this.#failures = 0;
      this.#bestIndex = Math.min(this.#bestIndex, this.#index);
      this.#timeout = message.heartbeat * 2_000 + 5_000;
    } else if (type === "goodbye") {
      this.#goodbye = message;
    } else if (type === "error") {
      this.#error = message.message;
      this.#sub = message.sub;
    }
    this.#resetWatchdog();
    this.#callbacks.receive(message);
    if (type === "welcome") this.#callbacks.setStatus({ phase: "live", error: null });
    // If a better transport worked before, the server was probably down: try it again soon.
    const better = this.#bestIndex < this.#index;
    if (this.#shouldUpgrade(better ? UPGRADE_ON_SHOW_MS : UPGRADE_INTERVAL_MS)) this.#connect();
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    const goodbye = this.#goodbye;
    if (this.#welcomedAt) {
      if (Date.now() - this.#welcomedAt >= STABLE_MS) this.#attempt = 0;
    } else if (code < 4000 && !goodbye && ++this.#failures > 1) {
      // (Codes from 4000 come from the server: the transport works.)
      this.#failures = 0;
      this.#index = (this.#index + 1) % this.#transports.length;
      this.#triedAt = Date.now();
    }
    this.#error ??= reason || null;
    this.stop();
    // A refused subscription is left out of the next attempt.
    if ((!isRetryable(code) && !this.#sub) || goodbye?.reconnect === false) {
      return this.#callbacks.setStatus({ phase: "stopped", error: this.#error });
    }
    const longest = this.#attempt < 0 ? this.#retryMs : longestDelay(this.#attempt);
    if (goodbye?.retry_ms) {
      this.#retryMs = goodbye.retry_ms;
      this.#failures = this.#attempt = -EXPECTED_ATTEMPTS;
    }
    this.#attempt += 1;
    const delay = goodbye ? Math.min(goodbye.delay_ms, GOODBYE_CAP_MS) : Math.random() * longest;
    this.#schedule(delay, () => this.#connect());
    this.#callbacks.setStatus({ phase: "waiting", retryAt: this.#due, error: this.#error });
  }

  #resetWatchdog() {
    this.#receivedAt = Date.now();
    this.#startWatchdog(this.#timeout);
  }

  /** @param {number} delay */
  #startWatchdog(delay) {
    this.#schedule(delay, () => this.#closed(1006, "timeout"));
  }

  /** @param {number} delay Negative is now. @param {() => void} action */
  #schedule(delay, action) {
    clearTimeout(this.#timer);
    this.#due = Date.now() + delay;
    this.#timer = setTimeout(action, delay);
  }

  /**
   * Whether to try the preferred transport now, because another one is in use.
   *
   * @param {number} interval Minimum time since its last attempt.
   */
  #shouldUpgrade(interval) {
    if (!this.#index || Date.now() - this.#triedAt < interval) return false;
    this.#index = 0;
    this.#failures = 1; // one attempt, not two
    return true;
  }
}
