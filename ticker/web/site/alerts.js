/**
 * The alerts button and its panel: subscribe to push notifications, and keep the subscription registered.
 * It asks for permission only after a click. On each visit it repairs a subscription that the browser or
 * the newsroom has lost.
 *
 * The texts come from the page, in its language.
 *
 * @import { Interests, Registration } from "../push/subscription.js"
 */

import { clear, decode, load, register, save, unregister } from "../push/subscription.js";

/** A registration older than this is renewed, so that the newsroom does not delete it as unused. */
const RENEW_AFTER_MS = 7 * 86_400_000;
/** Time allowed for the browser's push service. Chromium waits forever if it cannot be reached. */
const PUSH_SERVICE_TIMEOUT_MS = 15_000;
const WORKER = "/push-sw.js";

const button = /** @type {HTMLButtonElement} */ (document.getElementById("alerts-button"));
const panel = /** @type {HTMLElement} */ (document.getElementById("alerts"));
const form = /** @type {HTMLFormElement} */ (panel.querySelector("form"));
const submit = /** @type {HTMLButtonElement} */ (panel.querySelector(".alerts-submit"));
const off = /** @type {HTMLButtonElement} */ (panel.querySelector(".alerts-off"));
const status = /** @type {HTMLElement} */ (panel.querySelector("[role=status]"));
/**
 * @type {{key: string, site: string, edition: string, section: string, lang: string,
 *   dir: "ltr"|"rtl", editions: Record<string, string>, words: Record<string, string>}}
 */
const config = JSON.parse(panel.dataset.config ?? "{}");
const { words } = config;

// iPadOS identifies itself as a Mac; a Mac has no touch screen.
const isApple = /iPhone|iPad|iPod/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);
const isSupported = "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

/** State of the panel; its texts and buttons follow from it. Each but `off` has a text in `words`. */
/** @typedef {"unsupported"|"install"|"off"|"asking"|"working"|"on"|"otherEdition"|"saved"|"turnedOff"|"denied"|"offline"|"busy"|"failed"} State */

/** @type {Registration|null} This browser's registration with the newsroom. */
let current = null;

/** @param {State} state @param {Record<string, string|number>} [values] For placeholders in the text. */
function setState(state, values = {}) {
  panel.dataset.state = state;
  const unavailable = state === "unsupported" || state === "install";
  const waiting = state === "asking" || state === "working";
  const failed = ["denied", "offline", "busy", "failed"].includes(state);
  form.classList.toggle("unavailable", unavailable);
  // Not `disabled`: the button that was just pressed keeps the focus.
  submit.ariaDisabled = off.ariaDisabled = String(waiting);
  submit.textContent = failed ? words.Retry : current ? words.Save : words.TurnOn;
  if (!current && document.activeElement === off) submit.focus();
  off.hidden = !current;
  button.dataset.on = String(!!current);
  button.title = current ? words.On.replace("{edition}", label(current.interests.edition)) : "";
  const text = state === "off" ? "" : words[state[0].toUpperCase() + state.slice(1)];
  status.textContent = text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {string} edition */
const label = (edition) => config.editions[edition] ?? edition;

// The panel opens below the button; Escape closes it.

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

// "All sections" and single sections exclude each other.

const all = /** @type {HTMLInputElement} */ (form.elements.namedItem("all"));
const sections = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[name=section]")]);

form.addEventListener("change", ({ target }) => {
  if (target === all) {
    for (const section of sections) section.checked = false;
  }
  all.checked = !sections.some(({ checked }) => checked);
});

/** Return the interests selected in the form. @returns {Interests} */
function selected() {
  return {
    edition: config.edition,
    sections: sections.filter(({ checked }) => checked).map(({ value }) => value),
    level: String(new FormData(form).get("level")),
  };
}

/** Select interests in the form. @param {Interests} interests */
function select({ sections: chosen, level }) {
  for (const section of sections) section.checked = chosen.includes(section.value);
  all.checked = !sections.some(({ checked }) => checked);
  for (const radio of /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll("[name=level]"))) {
    radio.checked = radio.value === level;
  }
}

// Actions run one at a time.

let running = false;

/** @param {() => Promise<void>} action */
async function run(action) {
  if (running) return;
  running = true;
  try {
    await action();
  } catch (error) {
    // No answer from the push service, blocked storage, or a network error (TypeError of fetch).
    if (!navigator.onLine || error instanceof TypeError) setState("offline");
    else setState(Notification.permission === "denied" ? "denied" : "failed");
  } finally {
    running = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run(turnOn);
});
off.addEventListener("click", () => run(turnOff));

async function turnOn() {
  if (Notification.permission !== "granted") {
    setState("asking");
    const answer = await Notification.requestPermission();
    if (answer !== "granted") return setState(answer === "denied" ? "denied" : current ? "on" : "off");
  }
  const before = current;
  setState("working");
  const subscription = await subscribe(await startWorker());
  if (await registerAndSave(subscription, selected())) {
    setState(before ? "saved" : "on", { edition: label(config.edition) });
  }
}

async function turnOff() {
  setState("working");
  const subscription = await (await startWorker()).pushManager.getSubscription();
  const endpoint = subscription?.endpoint ?? current?.endpoint;
  // The browser first: if the request below fails, the newsroom learns of it with its next alert.
  await subscription?.unsubscribe();
  current = null;
  await clear();
  setState("turnedOff");
  if (endpoint) await unregister("", endpoint).catch(() => {});
}

async function startWorker() {
  await navigator.serviceWorker.register(WORKER, { scope: "/" });
  return navigator.serviceWorker.ready;
}

/** @param {ServiceWorkerRegistration} worker */
async function subscribe({ pushManager }) {
  const applicationServerKey = decode(config.key);
  const found = await pushManager.getSubscription();
  // A subscription for a former key of the newsroom no longer works.
  if (found && !isEqual(found.options.applicationServerKey, applicationServerKey)) await found.unsubscribe();
  const options = { userVisibleOnly: true, applicationServerKey };
  return withTimeout(PUSH_SERVICE_TIMEOUT_MS, pushManager.subscribe(options));
}

/** @template T @param {number} ms @param {Promise<T>} promise @returns {Promise<T>} */
function withTimeout(ms, promise) {
  const timeout = new Promise((_, reject) => setTimeout(reject, ms, new Error("no answer")));
  return Promise.race([promise, /** @type {Promise<never>} */ (timeout)]);
}

/** @param {ArrayBuffer|null} one @param {Uint8Array} other */
function isEqual(one, other) {
  const bytes = new Uint8Array(one ?? new ArrayBuffer(0));
  return bytes.length === other.length && bytes.every((byte, at) => byte === other[at]);
}

/**
 * Register with the newsroom and save the registration. Returns whether it succeeded; shows the reason
 * if not.
 *
 * @param {PushSubscription} subscription @param {Interests} interests
 */
async function registerAndSave(subscription, interests) {
  const answer = await register("", subscription, interests, current?.endpoint);
  if (!answer.ok) {
    const wait = Number(answer.headers.get("Retry-After"));
    if (answer.status === 429) setState("busy", { minutes: Math.max(1, Math.ceil(wait / 60)) });
    else setState("failed");
    return false;
  }
  const { lang, dir, site } = config;
  current = {
    endpoint: subscription.endpoint,
    interests,
    at: Date.now(),
    fallback: { title: site, body: words.Fallback, lang, dir },
  };
  await save("registration", current);
  return true;
}

/** Show the current state, and register again if the subscription has changed, is old, or was lost. */
async function refresh() {
  const interests = { edition: config.edition, sections: [config.section], level: "urgent" };
  select(interests);
  if (!isSupported) return setState(isApple ? "install" : "unsupported");
  const worker = await navigator.serviceWorker.getRegistration("/");
  const subscription = await worker?.pushManager.getSubscription();
  if (!worker || !subscription) return setState(Notification.permission === "denied" ? "denied" : "off");
  current = await load("registration");
  const saved = current?.interests ?? { ...interests, sections: selected().sections };
  select(saved);
  const valid = isEqual(subscription.options.applicationServerKey, decode(config.key));
  const old = !current || Date.now() - current.at > RENEW_AFTER_MS;
  if (!valid || old || current?.endpoint !== subscription.endpoint) {
    if (!(await registerAndSave(valid ? subscription : await subscribe(worker), saved))) return;
  }
  const same = saved.edition === config.edition;
  setState(same ? "on" : "otherEdition", { edition: label(saved.edition) });
}

// The service worker asks whether this page shows an item, to avoid a notification for it.

/** Time to wait for the item, which arrives over another connection. The service worker waits longer. */
const ITEM_TIMEOUT_MS = 200;

navigator.serviceWorker?.addEventListener("message", async ({ data, ports: [port] }) => {
  if (data?.ticker !== "shows" || !port) return;
  if (!isShown(data)) await waitForItem(data.id);
  port.postMessage(isShown(data));
});

/**
 * Whether the page shows the item in this version or a later one. A paused page, and a paused ticker,
 * have no row for a new item.
 *
 * @param {{id: string, version: number}} item
 */
function isShown({ id, version }) {
  const row = `li[data-id="${CSS.escape(id)}"]`;
  for (const part of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-part][data-id="${CSS.escape(id)}"]`))) {
    if (Number(part.dataset.version) >= version) return true;
  }
  return [...document.querySelectorAll("news-ticker")].some((element) => {
    const { ticker, shadowRoot } = /** @type {Element & {ticker?: import("../client/index.js").Ticker}} */ (element);
    const found = ticker?.state.items.find((item) => item.id === id);
    return !!found && found.version >= version && !!shadowRoot?.querySelector(row);
  });
}

/** Resolve when the item was rendered, or after the timeout. @param {string} id @returns {Promise<void>} */
function waitForItem(id) {
  return new Promise((resolve) => {
    const controller = new AbortController();
    const done = () => {
      controller.abort();
      // The element renders in the next frame; a callback requested in that frame runs after it.
      requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
    };
    setTimeout(done, ITEM_TIMEOUT_MS);
    /** @param {Event} event */
    const onItem = (event) => {
      if (/** @type {CustomEvent} */ (event).detail.item.id === id) done();
    };
    addEventListener("ticker-item", onItem, { signal: controller.signal });
  });
}

button.hidden = false;
run(refresh);
// Follow a permission that is changed in the browser's settings.
navigator.permissions?.query({ name: "notifications" }).then(
  (permission) => permission.addEventListener("change", () => run(refresh)),
  () => {}, // not every browser can query this permission
);
