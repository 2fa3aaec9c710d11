/**
 * One link at a time, for as long as it is wanted: connects, waits, notices silence, and changes
 * the transport. What was heard is for its owner.
 *
 * A transport that was welcomed is kept. Two links in a row without a welcome, and the next one's
 * turn has come. On a worse one the better ones get another chance now and then; the cursor sees to
 * it that nothing is missed meanwhile.
 *
 * @import { Goodbye, Message } from "./board.js"
 * @import { Ear, Link, Transport } from "./transports.js"
 *
 * @typedef {"connecting"|"live"|"waiting"|"stopped"} Phase
 *
 * @typedef {object} Owner
 * @property {() => string|null} cursor Where to resume.
 * @property {() => void} dropCursor The server does not know it.
 * @property {(message: Message, live: boolean) => void} hear
 * @property {(status: {phase: Phase, retryAt?: number, error: string|null}) => void} report After
 *   `stopped` nothing more is done.
 */

import {
  backoff,
  comesBack,
  GLANCE_MS,
  GOODBYE_CAP_MS,
  IMPROVE_MS,
  PROBE_MS,
  SETTLED_MS,
  WELCOME_MS,
} from "./pace.js";

export class Connection {
  #base;
  #query;
  #transports;
  #owner;
  /** @type {Link|null} */
  #link = null;
  #tried = 0;
  /** Which transport's turn it is. */
  #turn = 0;
  /** The best that was ever welcomed. */
  #best = Infinity;
  /** @type {number} When the present link was welcomed; 0 before that. */
  #welcomed = 0;
  /** @type {Goodbye|null} */
  #goodbye = null;
  /** @type {string|null} */
  #error = null;
  #attempt = 0;
  #unwelcome = 0;
  #heard = 0;
  #patience = WELCOME_MS;
  /** When something is to be done if nothing happens: an attempt, or giving a silent link up. */
  #due = Infinity;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer;

  /** @param {URL} base @param {URLSearchParams} query @param {Transport[]} transports @param {Owner} owner */
  constructor(base, query, transports, owner) {
    this.#base = base;
    this.#query = query;
    this.#transports = transports;
    this.#owner = owner;
  }

  start() {
    this.#attempt = 0;
    this.#connect();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    this.#link?.close();
    this.#link = null;
  }

  /** When it will do something of its own accord; ms since 1970. */
  get due() {
    return Math.min(this.#due, this.#link?.due ?? Infinity);
  }

  /**
   * The network or the reader came back: do not sit out a long wait, do not trust an old link.
   *
   * @param {boolean} network
   */
  wake(network) {
    // An attempt that began before the network was there may hang.
    const idle = !this.#link || (network && !this.#welcomed);
    if (!this.#improves(network ? 0 : GLANCE_MS) && !idle) return this.probe();
    // (With a goodbye the server chose that moment for us, among all its readers.)
    if (!this.#goodbye) this.start();
  }

  /** Something happened to the network: ask the link for a sign of life, soon. */
  probe() {
    if (!this.#link || !this.#welcomed) return;
    // After sleep the watchdog may be hours late, and a network change leaves sockets hanging.
    const left = this.#heard + this.#patience - Date.now();
    this.#link.send?.({ type: "ping" });
    this.#watch(this.#link.send ? Math.min(PROBE_MS, left) : left);
  }

  #connect() {
    this.stop();
    this.#patience = WELCOME_MS;
    this.#listen();
    this.#owner.report({ phase: "connecting", error: this.#error });
    if (this.#due === Infinity) return; // stopped by who heard that
    this.#error = this.#goodbye = null;
    this.#welcomed = 0;
    this.#link = this.#open();
  }

  /** @returns {Link} One that says nothing after its end, nor after our close. */
  #open() {
    const query = new URLSearchParams(this.#query);
    const cursor = this.#owner.cursor();
    if (cursor) query.set("after", cursor);
    let open = true;
    /** @type {Link} */
    let link = { send: null, close() {} };
    /** @type {Ear["end"]} */
    const end = (code, reason) => void (open && this.#ended(code, reason));
    try {
      link = this.#transports[this.#turn](this.#base, query, {
        message: (message) => open && this.#hear(message),
        end,
      });
    } catch (error) {
      setTimeout(end, 0, 1006, String(error)); // not built in here, or forbidden on this page
    }
    const { close } = link;
    link.close = () => {
      open = false;
      close();
    };
    return link;
  }

  /** @param {Message} message */
  #hear(message) {
    if (message.type === "welcome") {
      this.#welcomed ||= Date.now();
      this.#unwelcome = 0;
      this.#best = Math.min(this.#best, this.#turn);
      this.#patience = message.heartbeat * 2_000 + 5_000;
    } else if (message.type === "goodbye") {
      this.#goodbye = message;
    } else if (message.type === "error") {
      this.#error = message.message;
    }
    this.#listen();
    // After a welcome to a snapshot the screen is still the old one; live begins when it is here.
    const waits = message.type === "welcome" && message.mode === "snapshot";
    this.#owner.hear(message, this.#welcomed > 0 && !waits);
    // It may have been the server that was away, not the transport that does not get through.
    if (this.#improves(this.#best < this.#turn ? GLANCE_MS : IMPROVE_MS)) this.#connect();
  }

  /** @param {number} code @param {string} reason */
  #ended(code, reason) {
    const goodbye = this.#goodbye;
    if (this.#welcomed) {
      if (Date.now() - this.#welcomed >= SETTLED_MS) this.#attempt = 0;
    } else if (code < 4000 && !goodbye && ++this.#unwelcome % 2 === 0) {
      // (What the server itself says of the request or of its load is not the transport's fault.)
      this.#turn = (this.#turn + 1) % this.#transports.length;
      this.#tried = Date.now();
    }
    this.#error ??= reason || null;
    this.stop();
    if (code === 4400 && this.#owner.cursor()) {
      // Perhaps it was the cursor, if it was kept from elsewhere: once more, without it.
      this.#owner.dropCursor();
    } else if (!comesBack(code) || goodbye?.reconnect === false) {
      return this.#owner.report({ phase: "stopped", error: this.#error });
    }
    const wait = goodbye ? Math.min(goodbye.delay_ms, GOODBYE_CAP_MS) : backoff(this.#attempt);
    this.#attempt += 1;
    this.#later(wait, () => this.#connect());
    this.#owner.report({ phase: "waiting", retryAt: this.#due, error: this.#error });
  }

  #listen() {
    this.#heard = Date.now();
    this.#watch(this.#patience);
  }

  /** @param {number} wait */
  #watch(wait) {
    this.#later(wait, () => this.#ended(1006, "silence"));
  }

  /** @param {number} wait @param {() => void} act */
  #later(wait, act) {
    clearTimeout(this.#timer);
    this.#due = Date.now() + Math.max(0, wait);
    this.#timer = setTimeout(act, Math.max(0, wait));
  }

  /**
   * Whether the best transport, which is not the present one, shall have another chance.
   *
   * @param {number} pause Since it had the last one.
   */
  #improves(pause) {
    if (!this.#turn || Date.now() - this.#tried < pause) return false;
    this.#turn = 0;
    this.#unwelcome = 1; // one chance, not two
    return true;
  }
}
