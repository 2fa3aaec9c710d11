/**
 * The browser's client of the wire protocol (PROTOCOL.md): one subscription that survives anything.
 *
 *     const ticker = new Ticker({ edition: "en" });
 *     ticker.addEventListener("board", () => show(ticker.board.items));
 *     ticker.start();
 *
 * Three parts, from pure to not: the fold (`apply`), the decisions about time and close codes
 * (`backoff`, `comesBack`), and `Ticker`, which holds one link and performs what they say. The
 * cursor moves only when the board holds what lies before it, so a link may break between any two
 * frames: the next one resumes there and nothing is missed or shown twice.
 *
 * @typedef {"ticker"|"urgent"|"bulletin"|"flash"} Level
 * @typedef {"publish"|"update"|"correct"|"retract"|"expire"|"pin"|"unpin"} Action
 *
 * @typedef {object} Item One line as the public sees it; after a removal only the first fields.
 * @property {string} id
 * @property {number} version
 * @property {"usable"|"canceled"} status
 * @property {string} edition
 * @property {string} updated_at
 * @property {string} published_at
 * @property {Level} level
 * @property {string} language
 * @property {"ltr"|"rtl"|"auto"} dir
 * @property {string} headline
 * @property {string|null} summary
 * @property {string|null} speaker
 * @property {string|null} source
 * @property {string[]} sections
 * @property {string[]} regions
 * @property {string[]} tags
 * @property {string|null} story
 * @property {string|null} link
 * @property {"confirmed"|"attributed"|"developing"} verification
 * @property {string|null} expires_at
 * @property {boolean} pinned
 * @property {{text: string, at: string}|null} correction
 *
 * @typedef {object} Board What the reader sees, and the cursor up to which that is the whole truth.
 * @property {string|null} cursor
 * @property {readonly Item[]} items In display order.
 * @property {ReadonlyMap<string, number>} gone Removed ids and the version that removed them.
 *
 * @typedef {{type: "welcome", mode: "snapshot"|"replay"|"live", reset: boolean,
 *   reason: string|null, cursor: string, heartbeat: number}} Welcome
 * @typedef {{type: "snapshot", cursor: string, items: Item[]}} Snapshot
 * @typedef {{type: "item", cursor: string, action: Action, item: Item}} ItemEvent
 * @typedef {{type: "heartbeat", cursor: string}} Heartbeat
 * @typedef {{type: "goodbye", reason: string, reconnect: boolean, delay_ms: number}} Goodbye
 * @typedef {{type: "error", code: string, message: string}} Failure
 * @typedef {Welcome|Snapshot|ItemEvent|Heartbeat|Goodbye|Failure} Message
 *
 * @typedef {object} Status
 * @property {"idle"|"connecting"|"live"|"waiting"|"stopped"} phase `waiting`: between two attempts.
 * @property {number} since When the screen was last known to be current, or when that was first
 *   wanted; ms since 1970.
 * @property {number|null} retryAt When the next attempt is due, in phase `waiting`.
 * @property {string|null} error Why it is `stopped`, or what broke the last link.
 */

/** The most lines a board keeps; the oldest unpinned ones fall off. */
export const BOARD_LIMIT = 200;
/** The most removals a board remembers; a removal that old cannot be overtaken any more. */
export const GONE_LIMIT = 500;
/** Full jitter: the n-th wait is uniform between 0 and min(cap, base × 2ⁿ) ms. */
export const BACKOFF_BASE_MS = 1_000;
export const BACKOFF_CAP_MS = 30_000;
/** A server may ask for a longer wait with `goodbye`, up to this. */
export const GOODBYE_CAP_MS = 120_000;
/** A link that has not said welcome by then is given up. */
export const WELCOME_MS = 10_000;
/** How long the answer to a `ping` may take when the browser suspects that the link is dead. */
export const PROBE_MS = 5_000;

/** @type {Board} */
export const EMPTY = Object.freeze({ cursor: null, items: Object.freeze([]), gone: new Map() });

/**
 * Display order: pins first, then newest first, ties by id descending.
 *
 * @param {Item} a
 * @param {Item} b
 */
export function inOrder(a, b) {
  if (a.pinned !== b.pinned) return a.pinned ? -1 : 1;
  if (a.published_at !== b.published_at) return a.published_at < b.published_at ? 1 : -1;
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}

/**
 * Fold one message into a board. Pure: returns a new board, or the same one when nothing moved;
 * `items` stays the same array unless what a reader sees has changed.
 *
 * @param {Board} board
 * @param {Message} message
 * @returns {Board}
 */
export function apply(board, message) {
  switch (message.type) {
    case "welcome":
      // Before a replay or a snapshot the welcome's cursor is still ahead of this board.
      return message.mode === "live" ? moved(board, message.cursor) : board;
    case "snapshot":
      return {
        cursor: message.cursor,
        items: [...message.items].sort(inOrder).slice(0, BOARD_LIMIT),
        gone: new Map(),
      };
    case "heartbeat":
      return moved(board, message.cursor);
    case "item":
      return message.cursor === board.cursor ? board : withItem(board, message);
    default:
      return board;
  }
}

/** @param {Board} board @param {string} cursor @returns {Board} */
function moved(board, cursor) {
  return cursor === board.cursor ? board : { ...board, cursor };
}

/** @param {Board} board @param {ItemEvent} event @returns {Board} */
function withItem(board, { cursor, action, item }) {
  const held = board.items.find(({ id }) => id === item.id);
  const known = held?.version ?? board.gone.get(item.id) ?? 0;
  if (item.version <= known) return moved(board, cursor); // every act raises the version
  const others = held ? board.items.filter((other) => other !== held) : board.items;
  if (action === "retract" || action === "expire") {
    const gone = new Map(board.gone);
    gone.delete(item.id); // so that the map stays in order of removal
    gone.set(item.id, item.version);
    for (const id of gone.keys()) {
      if (gone.size <= GONE_LIMIT) break;
      gone.delete(id);
    }
    return { cursor, items: others, gone };
  }
  const items = [...others, item].sort(inOrder).slice(0, BOARD_LIMIT);
  return { cursor, items, gone: board.gone };
}

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

/**
 * What a transport tells of its link: each frame as an object, then exactly one end.
 *
 * @typedef {object} Ear
 * @property {(message: Message) => void} message
 * @property {(code: number, reason: string) => void} end
 *
 * @typedef {object} Link
 * @property {() => void} close After it the ear hears nothing more, not even the end.
 * @property {((message: object) => void)|null} send Null if the transport is one-way.
 * @typedef {(base: URL, query: URLSearchParams, ear: Ear) => Link} Transport
 */

/**
 * A frame that cannot be read may have been a line: end the link, so that the next one replays it.
 *
 * @param {Ear} ear @param {string} data @param {() => void} close
 */
function read(ear, data, close) {
  let message;
  try {
    message = JSON.parse(data);
  } catch {
    close();
    return ear.end(1007, "a frame was not JSON");
  }
  ear.message(message);
}

/** @type {Transport} */
export function webSocket(base, query, ear) {
  const address = new URL(`v1/ws?${query}`, base);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address, "ticker.v1");
  const quiet = new AbortController();
  const { signal } = quiet;
  const close = () => {
    quiet.abort();
    socket.close();
  };
  socket.addEventListener("message", ({ data }) => read(ear, data, close), { signal });
  socket.addEventListener("close", ({ code, reason }) => ear.end(code, reason), { signal });
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close,
  };
}

/** @type {Transport} Where a proxy lets no WebSocket through. It cannot hear close codes. */
export function eventSource(base, query, ear) {
  const source = new EventSource(new URL(`v1/events?${query}`, base));
  const close = () => source.close();
  for (const type of ["welcome", "snapshot", "item", "heartbeat", "goodbye", "error"]) {
    source.addEventListener(type, (event) => {
      const { data } = /** @type {MessageEvent} */ (event);
      if (data !== undefined) return read(ear, data, close);
      // The source's own error event. It would reconnect by itself, but without our backoff.
      close();
      ear.end(1006, "");
    });
  }
  return { send: null, close };
}

/**
 * One subscription. Events: `board` after every change of what is seen (detail `Change`), `status`
 * when the link's state changes (detail `Status`).
 *
 * @typedef {object} Change
 * @property {Message} message What changed it.
 * @property {Board} before The board as it was.
 * @property {boolean} reset The server could not replay: this snapshot replaces what was shown.
 */
export class Ticker extends EventTarget {
  #query = new URLSearchParams();
  /** @type {Transport[]} */
  #transports;
  /** @type {Board} */
  #board = EMPTY;
  /** @type {Status} */
  #status = { phase: "idle", since: Date.now(), retryAt: null, error: null };
  /** @type {Link|null} */
  #link = null;
  /** @type {AbortController|null} */
  #running = null;
  /** @type {Welcome|null} The welcome of the present link. */
  #welcome = null;
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
  /** @type {ReturnType<typeof setTimeout>|undefined} Until the next attempt. */
  #retry;
  /** @type {ReturnType<typeof setTimeout>|undefined} Until a silent link is dead. */
  #watchdog;

  /**
   * @param {object} [options]
   * @param {string|URL} [options.url] The newsroom; by default where this module came from.
   * @param {string|string[]} [options.edition] Facets AND, values of one OR; none means all.
   * @param {string|string[]} [options.section]
   * @param {string|string[]} [options.region]
   * @param {string|string[]} [options.tag]
   * @param {string|string[]} [options.story] Only these stories.
   * @param {Level} [options.level] The lowest level wanted.
   * @param {number} [options.backlog] How many lines a snapshot holds, up to 200.
   * @param {Board} [options.board] To continue from, for example one kept from the last visit.
   * @param {Transport[]} [options.transports] In order of preference.
   */
  constructor(options = {}) {
    super();
    const { url = new URL(".", import.meta.url), board = EMPTY, backlog = 20 } = options;
    this.base = new URL(url);
    this.#board = board;
    this.#transports = options.transports ?? [webSocket, eventSource];
    for (const facet of /** @type {const} */ (["edition", "section", "region", "tag", "story", "level"])) {
      const value = options[facet];
      if (value?.length) this.#query.set(facet, String(value));
    }
    this.#query.set("backlog", String(backlog));
  }

  get board() {
    return this.#board;
  }

  get status() {
    return this.#status;
  }

  /** Connect, and stay connected until `stop`; harmless when already started. */
  start() {
    if (this.#running) return;
    this.#running = new AbortController();
    const { signal } = this.#running;
    globalThis.addEventListener?.("online", () => this.#wake(), { signal });
    globalThis.addEventListener?.("offline", () => this.#probe(), { signal });
    globalThis.document?.addEventListener(
      "visibilitychange",
      () => document.visibilityState === "visible" && this.#wake(),
      { signal },
    );
    this.#attempt = this.#unwelcome = 0;
    this.#connect();
  }

  /** Disconnect. The board and its cursor stay: `start` resumes. */
  stop() {
    if (!this.#running) return;
    this.#hangUp();
    this.#running.abort();
    this.#running = null;
    this.#report("idle");
  }

  #connect() {
    this.#hangUp();
    this.#report("connecting");
    this.#error = this.#refused = this.#goodbye = this.#welcome = null;
    const query = new URLSearchParams(this.#query);
    if (this.#board.cursor) query.set("after", this.#board.cursor);
    // Two links in a row that never got as far as a welcome: perhaps it is the transport.
    const turn = Math.floor(this.#unwelcome / 2) % this.#transports.length;
    this.#patience = WELCOME_MS;
    this.#link = this.#transports[turn](this.base, query, {
      message: (message) => this.#receive(message),
      end: (code, reason) => this.#ended(code, reason),
    });
    this.#listen();
  }

  /** @param {Message} message */
  #receive(message) {
    this.#listen();
    if (message.type === "welcome") {
      this.#welcome = message;
      this.#attempt = this.#unwelcome = 0;
      this.#patience = message.heartbeat * 2_000 + 5_000;
      this.#listen();
    } else if (message.type === "goodbye") {
      this.#goodbye = message;
    } else if (message.type === "error") {
      this.#error = message.message;
      this.#refused = message.code;
    }
    const before = this.#board;
    this.#board = apply(before, message);
    // After a welcome to a snapshot the screen is still the old one; live begins when it is here.
    const waits = message.type === "welcome" && message.mode === "snapshot";
    if (this.#welcome && !waits) this.#report("live");
    if (this.#board.items !== before.items) {
      const reset = message.type === "snapshot" && (this.#welcome?.reset ?? false);
      this.#emit("board", { message, before, reset });
    }
  }

  /** @param {number} code @param {string} reason */
  #ended(code, reason) {
    const goodbye = this.#goodbye;
    if (!this.#welcome) this.#unwelcome += 1;
    this.#error ??= reason || null;
    this.#hangUp();
    if (this.#refused === "bad_cursor" && this.#board.cursor) {
      // Only one kept from elsewhere can be; without it the server sends a snapshot.
      this.#board = { ...this.#board, cursor: null };
    } else if (!comesBack(code) || goodbye?.reconnect === false) {
      this.#running?.abort();
      this.#running = null;
      this.#report("stopped");
      return;
    }
    const wait = goodbye ? Math.min(goodbye.delay_ms, GOODBYE_CAP_MS) : backoff(this.#attempt);
    this.#attempt += 1;
    this.#later(wait);
  }

  /** @param {number} wait */
  #later(wait) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#report("waiting", Date.now() + wait);
  }

  /** The network or the reader came back: do not sit out a long wait, do not trust an old link. */
  #wake() {
    if (this.#status.phase === "waiting") {
      if (this.#goodbye) return; // the server chose that moment for us, among all its readers
      this.#attempt = this.#unwelcome = 0;
      this.#connect();
    } else {
      this.#probe();
    }
  }

  /** Something happened to the network: ask the link for a sign of life, soon. */
  #probe() {
    if (!this.#link || !this.#welcome) return;
    // After sleep the watchdog may be hours late, and a network change leaves sockets hanging.
    const left = this.#heard + this.#patience - Date.now();
    this.#link.send?.({ type: "ping" });
    this.#watch(this.#link.send ? Math.min(PROBE_MS, left) : left);
  }

  #listen() {
    this.#heard = Date.now();
    this.#watch(this.#patience);
  }

  /** @param {number} wait */
  #watch(wait) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#ended(1006, "the link fell silent"), Math.max(0, wait));
  }

  #hangUp() {
    clearTimeout(this.#retry);
    clearTimeout(this.#watchdog);
    this.#link?.close();
    this.#link = null;
  }

  /** @param {Status["phase"]} phase @param {number|null} [retryAt] */
  #report(phase, retryAt = null) {
    const last = this.#status;
    if (phase === "live" && last.phase === "live") return;
    const live = phase === "live";
    const heard = last.phase === "live" ? this.#heard : last.since;
    const since = live || last.phase === "idle" ? Date.now() : heard;
    this.#status = { phase, since, retryAt, error: live ? null : this.#error };
    this.#emit("status", this.#status);
  }

  /** @param {string} type @param {Change|Status} detail */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
