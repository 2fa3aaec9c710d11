/**
 * One link at a time, for as long as it is wanted: connects, waits, notices silence, and changes
 * the transport. What was heard is for its owner.
 *
 * A transport that was welcomed is kept. Two links in a row without a welcome, and the next one's
 * turn has come. On a worse one the better ones are tried now and then, beside the link that works:
 * it is given up only for one that has said welcome, so the reader loses no moment.
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
 * @property {(phase: Phase, retryAt: number|null, error: string|null) => void} report After
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
  TRIAL_MS,
  WELCOME_MS,
} from "./pace.js";

export class Connection {
  #base;
  #query;
  #transports;
  #owner;
  /** @type {Link|null} */
  #link = null;
  /** Ends the trial of a better transport, if there is one. */
  #endTrial = () => {};
  #trying = false;
  #tried = 0;
  /** Which transport's turn it is. */
  #turn = 0;
  /** @type {number} When the present link was welcomed; 0 before that. */
  #welcomed = 0;
  /** @type {Goodbye|null} */
  #goodbye = null;
  /** @type {string|null} */
  #error = null;
  /** @type {string|null} The code of the last error message on this link. */
  #refused = null;
  #attempt = 0;
  #unwelcome = 0;
  #heard = 0;
  #patience = WELCOME_MS;
  /** What is next to do if nothing happens, and when: an attempt, or giving a silent link up. */
  #due = Infinity;
  #act = () => {};
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
    this.#attempt = this.#unwelcome = 0;
    this.#connect();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#due = Infinity;
    this.#endTrial();
    this.#link?.close();
    this.#link = null;
  }

  /** When `tick` has something to do; ms since 1970. */
  get due() {
    return Math.min(this.#due, this.#link?.due ?? Infinity);
  }

  /** Do what is due, for one whose timers are late: a browser slows those of a hidden page. */
  tick() {
    const now = Date.now();
    if (now >= this.#due) this.#act();
    else if (now >= this.due) this.#link?.send?.({ type: "ping" });
  }

  /**
   * The network or the reader came back: do not sit out a long wait, do not trust an old link.
   *
   * @param {boolean} network
   */
  wake(network) {
    if (this.#link) {
      this.probe();
      if (network || Date.now() - this.#tried >= GLANCE_MS) this.#improve();
    } else if (!this.#goodbye) {
      // (With a goodbye the server chose that moment for us, among all its readers.)
      this.start();
    }
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
    this.#owner.report("connecting", null, this.#error);
    if (this.#due === Infinity) return; // stopped by who heard that
    this.#renew();
    this.#link = this.#open(this.#turn, {
      message: (message) => this.#hear(message),
      end: (code, reason) => this.#ended(code, reason),
    });
  }

  #renew() {
    this.#error = this.#refused = this.#goodbye = null;
    this.#welcomed = 0;
  }

  /** @param {number} turn @param {Ear} ear @returns {Link} */
  #open(turn, ear) {
    const query = new URLSearchParams(this.#query);
    const cursor = this.#owner.cursor();
    if (cursor) query.set("after", cursor);
    try {
      return this.#transports[turn](this.#base, query, ear);
    } catch (error) {
      // Not built in here, or forbidden on this page. It ends as every link: later, unless closed.
      const timer = setTimeout(() => ear.end(1006, String(error)));
      return { send: null, close: () => clearTimeout(timer) };
    }
  }

  /** @param {Message} message */
  #hear(message) {
    if (message.type === "welcome") {
      this.#welcomed ||= Date.now();
      this.#unwelcome = 0;
      this.#patience = message.heartbeat * 2_000 + 5_000;
    } else if (message.type === "goodbye") {
      this.#goodbye = message;
    } else if (message.type === "error") {
      this.#error = message.message;
      this.#refused = message.code;
    }
    this.#listen();
    // After a welcome to a snapshot the screen is still the old one; live begins when it is here.
    const waits = message.type === "welcome" && message.mode === "snapshot";
    this.#owner.hear(message, this.#welcomed > 0 && !waits);
    if (Date.now() - this.#tried >= IMPROVE_MS) this.#improve();
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
    if (this.#refused === "bad_cursor" && this.#owner.cursor()) {
      // Only one kept from elsewhere can be; without it the server sends a snapshot.
      this.#owner.dropCursor();
    } else if (!comesBack(code) || goodbye?.reconnect === false) {
      return this.#owner.report("stopped", null, this.#error);
    }
    const wait = goodbye ? Math.min(goodbye.delay_ms, GOODBYE_CAP_MS) : backoff(this.#attempt);
    this.#attempt += 1;
    this.#later(wait, () => this.#connect());
    this.#owner.report("waiting", this.#due, this.#error);
  }

  #listen() {
    this.#heard = Date.now();
    this.#watch(this.#patience);
  }

  /** @param {number} wait */
  #watch(wait) {
    this.#later(wait, () => this.#ended(1006, "the link fell silent"));
  }

  /** @param {number} wait @param {() => void} act */
  #later(wait, act) {
    clearTimeout(this.#timer);
    this.#due = Date.now() + Math.max(0, wait);
    this.#act = act;
    this.#timer = setTimeout(act, Math.max(0, wait));
  }

  /** Try the transports that are better than the present one, from `turn` on. */
  #improve(turn = 0) {
    if (!this.#link || !this.#welcomed || turn >= this.#turn || this.#trying) return;
    this.#trying = true;
    this.#tried = Date.now();
    let won = false;
    const next = () => {
      this.#endTrial();
      this.#improve(turn + 1);
    };
    const timer = setTimeout(next, TRIAL_MS);
    const link = this.#open(turn, {
      message: (message) => {
        if (!won && message.type === "welcome") {
          won = true;
          this.#trying = false;
          this.#endTrial = () => {};
          clearTimeout(timer);
          this.#link?.close();
          this.#link = link;
          this.#turn = turn;
          this.#renew();
        }
        if (won) this.#hear(message);
      },
      end: (code, reason) => (won ? this.#ended(code, reason) : next()),
    });
    this.#endTrial = () => {
      this.#trying = false;
      this.#endTrial = () => {};
      clearTimeout(timer);
      link.close();
    };
  }
}
