/**
 * The alerts button: what the reader sees of push. It asks the browser for nothing before a click,
 * keeps what is wanted where the service worker finds it, and mends on a visit what came apart.
 *
 * It has no words of its own: the page brings them, in its language.
 *
 * @import { Interests, Mine } from "../push/state.js"
 */

import { bytes, forget, keep, recall, register, unregister } from "../push/state.js";

/** A subscription is registered again after this, so that the newsroom forgets nobody who is there. */
const AGAIN_MS = 7 * 86_400_000;
/** How long the browser's push service may take. Chromium tries for ever where it is not reached. */
const SERVICE_MS = 15_000;
const WORKER = "/push-sw.js";

const button = /** @type {HTMLButtonElement} */ (document.getElementById("alerts-button"));
const panel = /** @type {HTMLElement} */ (document.getElementById("alerts"));
const form = /** @type {HTMLFormElement} */ (panel.querySelector("form"));
const main = /** @type {HTMLButtonElement} */ (panel.querySelector(".alerts-main"));
const off = /** @type {HTMLButtonElement} */ (panel.querySelector(".alerts-off"));
const status = /** @type {HTMLElement} */ (panel.querySelector("[role=status]"));
/**
 * @type {{key: string, site: string, edition: string, section: string, lang: string,
 *   dir: "ltr"|"rtl", editions: Record<string, string>, words: Record<string, string>}}
 */
const about = JSON.parse(panel.dataset.about ?? "{}");
const { words } = about;

// iPadOS calls itself a Mac; a Mac has no touch screen.
const apple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
const supported = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

/** What is true now: what the panel says and offers follows from it. */
/** @typedef {"unsupported"|"install"|"off"|"asking"|"working"|"on"|"other"|"saved"|"ended"|"denied"|"offline"|"busy"|"failed"} State */

/** @type {Mine|null} What this browser is registered for. */
let mine = null;

/** @param {State} state @param {Record<string, string|number>} [blanks] */
function say(state, blanks = {}) {
  panel.dataset.state = state;
  const closed = state === "unsupported" || state === "install";
  const waiting = state === "asking" || state === "working";
  const wrong = ["denied", "offline", "busy", "failed"].includes(state);
  form.classList.toggle("closed", closed);
  // Not disabled: a reader who has just pressed it keeps the focus there.
  main.ariaDisabled = off.ariaDisabled = String(waiting);
  main.textContent = wrong ? words.Retry : mine ? words.Save : words.TurnOn;
  if (!mine && document.activeElement === off) main.focus();
  off.hidden = !mine;
  button.dataset.on = String(!!mine);
  button.title = mine ? words.On.replace("{edition}", label(mine.interests.edition)) : "";
  const phrase = { off: "" }[/** @type {"off"} */ (state)] ?? words[state[0].toUpperCase() + state.slice(1)];
  status.textContent = phrase.replace(/\{(\w+)\}/g, (_, name) => String(blanks[name] ?? ""));
}

/** @param {string} edition */
const label = (edition) => about.editions[edition] ?? edition;

// The panel opens below the button, and Escape closes it.

button.addEventListener("click", () => toggle(panel.hidden));
panel.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  toggle(false);
  button.focus();
});

/** @param {boolean} open */
function toggle(open) {
  panel.hidden = !open;
  button.ariaExpanded = String(open);
}

// Either all sections, or some.

const all = /** @type {HTMLInputElement} */ (form.elements.namedItem("all"));
const sections = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[name=section]")]);

form.addEventListener("change", ({ target }) => {
  if (target === all) {
    for (const section of sections) section.checked = false;
  }
  all.checked = !sections.some(({ checked }) => checked);
});

/** @returns {Interests} */
function wanted() {
  return {
    edition: about.edition,
    sections: sections.filter(({ checked }) => checked).map(({ value }) => value),
    level: String(new FormData(form).get("level")),
  };
}

/** @param {Interests} interests */
function show({ sections: chosen, level }) {
  for (const section of sections) section.checked = chosen.includes(section.value);
  all.checked = !sections.some(({ checked }) => checked);
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[name=level]"))) {
    radio.checked = radio.value === level;
  }
}

// Acts: one at a time.

let busy = false;

/** @param {() => Promise<void>} act */
async function once(act) {
  if (busy) return;
  busy = true;
  try {
    await act();
  } catch (error) {
    // A push service that is away, storage that is forbidden, a network that is gone.
    if (!navigator.onLine || error instanceof TypeError) say("offline");
    else say(Notification.permission === "denied" ? "denied" : "failed");
  } finally {
    busy = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  once(turnOn);
});
off.addEventListener("click", () => once(turnOff));

async function turnOn() {
  if (Notification.permission !== "granted") {
    say("asking");
    const answer = await Notification.requestPermission();
    if (answer !== "granted") return say(answer === "denied" ? "denied" : mine ? "on" : "off");
  }
  const before = mine;
  say("working");
  const subscription = await subscribe(await registration());
  if (await enter(subscription, wanted())) {
    say(before ? "saved" : "on", { edition: label(about.edition) });
  }
}

async function turnOff() {
  say("working");
  const subscription = await (await registration()).pushManager.getSubscription();
  const endpoint = subscription?.endpoint ?? mine?.endpoint;
  // First the browser: what fails after that, the newsroom learns when it sends.
  await subscription?.unsubscribe();
  mine = null;
  await forget();
  say("ended");
  if (endpoint) await unregister("", endpoint).catch(() => {});
}

async function registration() {
  await navigator.serviceWorker.register(WORKER, { scope: "/" });
  return navigator.serviceWorker.ready;
}

/** @param {ServiceWorkerRegistration} worker */
async function subscribe({ pushManager }) {
  const applicationServerKey = bytes(about.key);
  const found = await pushManager.getSubscription();
  // Bound to another key, which the newsroom has given up: no use any more.
  if (found && !same(found.options.applicationServerKey, applicationServerKey)) await found.unsubscribe();
  return within(SERVICE_MS, pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }));
}

/** @template T @param {number} ms @param {Promise<T>} promise @returns {Promise<T>} */
function within(ms, promise) {
  const late = new Promise((_, reject) => setTimeout(reject, ms, new Error("no answer")));
  return Promise.race([promise, /** @type {Promise<never>} */ (late)]);
}

/** @param {ArrayBuffer|null} one @param {Uint8Array} other */
function same(one, other) {
  const bytes = new Uint8Array(one ?? new ArrayBuffer(0));
  return bytes.length === other.length && bytes.every((byte, at) => byte === other[at]);
}

/**
 * Register at the newsroom, and remember it. Says what went wrong, if something did.
 *
 * @param {PushSubscription} subscription @param {Interests} interests
 */
async function enter(subscription, interests) {
  const answer = await register("", subscription, interests, mine?.endpoint);
  if (!answer.ok) {
    const wait = Number(answer.headers.get("Retry-After"));
    if (answer.status === 429) say("busy", { minutes: Math.max(1, Math.ceil(wait / 60)) });
    else say("failed");
    return false;
  }
  const { lang, dir, site } = about;
  mine = {
    endpoint: subscription.endpoint,
    interests,
    at: Date.now(),
    neutral: { title: site, body: words.Neutral, lang, dir },
  };
  await keep("mine", mine);
  return true;
}

/** Find out what is true; and register again what has changed, is old, or was forgotten. */
async function begin() {
  const interests = { edition: about.edition, sections: [about.section], level: "urgent" };
  show(interests);
  if (!supported) return say(apple ? "install" : "unsupported");
  const worker = await navigator.serviceWorker.getRegistration("/");
  const subscription = await worker?.pushManager.getSubscription();
  if (!worker || !subscription) return say(Notification.permission === "denied" ? "denied" : "off");
  mine = await recall("mine");
  const kept = mine?.interests ?? { ...interests, sections: wanted().sections };
  show(kept);
  const current = same(subscription.options.applicationServerKey, bytes(about.key));
  if (!current || mine?.endpoint !== subscription.endpoint || Date.now() - mine.at > AGAIN_MS) {
    if (!(await enter(current ? subscription : await subscribe(worker), kept))) return;
  }
  say(kept.edition === about.edition ? "on" : "other", { edition: label(kept.edition) });
}

// The service worker asks whether this page shows an item; then nobody is told of it twice.

/** How long to wait for the item itself, which comes over another line. The worker waits longer. */
const ARRIVES_MS = 200;

navigator.serviceWorker?.addEventListener("message", async ({ data, ports: [port] }) => {
  if (data?.ticker !== "shows" || !port) return;
  if (!shows(data)) await arrival(data.id);
  port.postMessage(shows(data));
});

/**
 * Whether a reader can see the item here: its line is drawn, which it is not while they have paused.
 *
 * @param {{id: string, version: number}} item
 */
function shows({ id, version }) {
  const row = `li[data-id="${CSS.escape(id)}"]`;
  return [...document.querySelectorAll("news-ticker")].some((element) => {
    const { ticker, shadowRoot } = /** @type {Element & {ticker?: import("../client/index.js").Ticker}} */ (element);
    const held = ticker?.state.items.find((item) => item.id === id);
    return !!held && held.version >= version && !!shadowRoot?.querySelector(row);
  });
}

/** @param {string} id @returns {Promise<void>} */
function arrival(id) {
  return new Promise((resolve) => {
    const over = new AbortController();
    const done = () => {
      over.abort();
      // The element draws in the next frame; what is asked for in that one comes after it.
      requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
    };
    setTimeout(done, ARRIVES_MS);
    /** @param {Event} event */
    const heard = (event) => {
      if (/** @type {CustomEvent} */ (event).detail.item.id === id) done();
    };
    addEventListener("ticker-item", heard, { signal: over.signal });
  });
}

button.hidden = false;
once(begin);
// Who allows again what was blocked, or the reverse, sees it here at once.
navigator.permissions?.query({ name: "notifications" }).then(
  (permission) => permission.addEventListener("change", () => once(begin)),
  () => {}, // not everywhere a permission that one may ask for
);
