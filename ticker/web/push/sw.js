/**
 * The service worker: show a notification for each push message, unless a visible page already shows the
 * item. The newsroom's own also serves saved pages while the device is offline (`offline/serve-pages.js`).
 *
 * The bundle is a classic script, so that another site can import it into its own service worker
 * (docs/guide/push.md):
 *
 *     self.TICKER = { server: "https://news.example" };
 *     importScripts("https://news.example/push-sw.js");
 *
 * @import { Message } from "./message.js"
 * @import { Registration } from "./subscription.js"
 */

import { forget } from "../offline/saved-pages.js";
import { addDelivered, decide, parse, PAYLOAD_VERSION } from "./message.js";
import { serveOffline } from "../offline/serve-pages.js";
import { decode, load, register, save } from "./subscription.js";

const worker = /** @type {ServiceWorkerGlobalScope & {TICKER?: {server?: string}}} */ (
  /** @type {unknown} */ (self)
);

/** Time allowed for a page to answer whether it shows an item. */
const PAGE_TIMEOUT_MS = 300;
/** Whether this is the newsroom's own service worker, not part of another site's. */
const own = worker.location.pathname === "/push-sw.js";
const server = worker.TICKER?.server?.replace(/\/$/, "") ?? "";

if (own) {
  // Safe at once: pages come from the network, and saved ones have the files of their own version.
  worker.addEventListener("install", () => worker.skipWaiting());
  serveOffline(worker);
}

// Messages are handled one after the other: each decision depends on the notifications before it.
let last = Promise.resolve();

worker.addEventListener("push", (event) => {
  /** @type {unknown} */
  let data = null;
  try {
    data = event.data?.json();
  } catch {
    // Not JSON: the fallback is shown.
  }
  const message = parse(data);
  if (!message && !own && !isOurs(data)) return; // a message of the other site
  last = last.catch(() => {}).then(() => (message ? handle(message) : showFallback()));
  event.waitUntil(last);
});

/** Whether `data` is a newsroom's payload of a later version. @param {unknown} data */
function isOurs(data) {
  const { v, kind } = /** @type {{v?: number, kind?: string}} */ (data ?? {});
  return typeof v === "number" && v > PAYLOAD_VERSION && typeof kind === "string";
}

/** @param {Message} message */
async function handle(message) {
  if (own && message.kind === "withdraw") await forget([message.id]).catch(() => {}); // no storage
  /** @type {Message[]} */
  const delivered = (await load("delivered").catch(() => null)) ?? [];
  const notifications = await worker.registration.getNotifications({ tag: message.tag });
  const visible = notifications
    .map(({ data }) => /** @type {Message} */ (data))
    .filter((data) => data?.id);
  const { show, isNew, loud } = decide(message, visible, delivered);
  const seen = isNew && show === message && message.kind === "alert" && (await isOnPage(message));
  if (!seen) await showMessage(show, loud);
  else if (visible.length || (await mustNotify())) await showMessage(show, false);
  // Without storage (quota), a late message may be shown again.
  if (isNew) await save("delivered", addDelivered(delivered, message, Date.now())).catch(() => {});
}

/** @param {Message} message @param {boolean} loud */
function showMessage(message, loud) {
  const { title, body, lang, dir, tag, level, published_ms, image } = message;
  return show(title, {
    body,
    image,
    lang,
    dir,
    tag,
    renotify: loud,
    silent: !loud,
    requireInteraction: loud && level === "flash",
    timestamp: published_ms,
    data: message,
  });
}

async function showFallback() {
  /** @type {Registration|null} */
  const saved = await load("registration").catch(() => null);
  const { title, ...options } = saved?.fallback ?? {
    title: worker.location.hostname,
    body: "There is news.",
    lang: "en",
    dir: "ltr",
  };
  await show(title, { ...options, tag: "ticker", silent: true });
}

/**
 * @param {string} title
 * @param {NotificationOptions & {renotify?: boolean, timestamp?: number, image?: string}} options The last three are
 *   missing in TypeScript's types, and in some browsers.
 */
function show(title, options) {
  const icons = { icon: `${server}/push/icon.png`, badge: `${server}/push/badge.png` };
  return worker.registration.showNotification(title, { ...icons, ...options });
}

/**
 * Whether a visible page shows the item, in this version or a later one.
 *
 * Only then may a push message go without a notification: Chromium's PushMessagingNotificationManager
 * does not require one while a tab of the site is visible, and Firefox does not count it against the
 * site's quota.
 *
 * @param {Message} message
 */
async function isOnPage({ id, version }) {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const answers = windows
    .filter(({ visibilityState }) => visibilityState === "visible")
    .map((page) => ask(page, { ticker: "shows", id, version }));
  return (await Promise.all(answers)).includes(true);
}

/** @param {WindowClient} page @param {unknown} question @returns {Promise<boolean>} */
function ask(page, question) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(finish, PAGE_TIMEOUT_MS, false);
    /** @param {boolean} answer */
    function finish(answer) {
      clearTimeout(timer);
      port1.close();
      resolve(answer);
    }
    port1.onmessage = ({ data }) => finish(data === true);
    page.postMessage(question, [port2]);
  });
}

/**
 * Whether every message needs a notification. Apple's push service cancels a subscription after three
 * messages without one, even if a page is visible (webkit.org/blog/12945/meet-web-push).
 */
async function mustNotify() {
  const subscription = await worker.registration.pushManager.getSubscription();
  return !!subscription && new URL(subscription.endpoint).hostname.endsWith(".push.apple.com");
}

worker.addEventListener("notificationclick", (event) => {
  const { notification } = event;
  const message = /** @type {Message|null} */ (notification.data);
  if (!own && !message?.id) return; // a notification of the other site
  notification.close();
  event.waitUntil(open(message));
});

/** Open the item's page: focus a window that shows it, or open a new one. @param {Message|null} message */
async function open(message) {
  const path = message ? `/item/${encodeURIComponent(message.id)}` : "/";
  const url = own
    ? new URL(path, worker.location.origin).href
    : webAddress(message?.url) || `${server}${path}`;
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const found = windows.find((window) => window.url.split(/[?#]/)[0] === url);
  return found ? found.focus() : worker.clients.openWindow(url);
}

/** @param {string|undefined} url */
function webAddress(url) {
  return url && /^https?:\/\//.test(url) ? url : "";
}

worker.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(/** @type {PushSubscriptionChangeEvent} */ (event)));
});

/**
 * Register again after the browser's push service has replaced or ended the subscription. After a
 * failure, the next visit to the site registers again.
 *
 * @param {PushSubscriptionChangeEvent} event
 */
async function renew({ newSubscription, oldSubscription }) {
  /** @type {Registration|null} */
  const saved = await load("registration");
  if (!saved) return;
  const subscription = newSubscription ?? (await subscribe(oldSubscription));
  const answer = await register(server, subscription, saved.interests, saved.endpoint);
  if (!answer.ok) return;
  await save("registration", { ...saved, endpoint: subscription.endpoint, at: Date.now() });
}

/** @param {PushSubscription|null} before */
async function subscribe(before) {
  const answer = await fetch(`${server}/v1/push/key`);
  const { key } = answer.ok ? await answer.json() : { key: null };
  const applicationServerKey = key ? decode(key) : before?.options.applicationServerKey;
  return worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}
