/**
 * The service worker: shows what the newsroom pushes, unless an open page shows it already.
 *
 * It is a classic script without a build of its own kind, so that another site can have it in its own
 * worker (docs/guide/push.md):
 *
 *     self.TICKER = { server: "https://news.example" };
 *     importScripts("https://news.example/push-sw.js");
 *
 * @import { Notice } from "./notice.js"
 * @import { Mine } from "./state.js"
 */

import { decide, PAYLOAD, read, remember } from "./notice.js";
import { bytes, keep, recall, register } from "./state.js";

const worker = /** @type {ServiceWorkerGlobalScope & {TICKER?: {server?: string}}} */ (
  /** @type {unknown} */ (self)
);

/** How long an open page may take to say that it shows an item. */
const PAGE_MS = 300;
/** Whether this is the newsroom's own worker, or part of another site's. */
const own = worker.location.pathname === "/push-sw.js";
const server = worker.TICKER?.server?.replace(/\/$/, "") ?? "";

if (own) {
  // There is no fetch handler that two versions could disagree about: the new one may take over.
  worker.addEventListener("install", () => worker.skipWaiting());
}

// One message after the other: each depends on what the one before has shown.
let last = Promise.resolve();

worker.addEventListener("push", (event) => {
  /** @type {unknown} */
  let data = null;
  try {
    data = event.data?.json();
  } catch {
    // Not JSON: said neutrally below.
  }
  const notice = read(data);
  if (!notice && !own && !isOurs(data)) return; // the other site's own message
  last = last.catch(() => {}).then(() => (notice ? hear(notice) : showNeutral()));
  event.waitUntil(last);
});

/** Whether `data` is of a newsroom, if of a later one. @param {unknown} data */
function isOurs(data) {
  const { v, kind } = /** @type {{v?: number, kind?: string}} */ (data ?? {});
  return typeof v === "number" && v > PAYLOAD && typeof kind === "string";
}

/** @param {Notice} notice */
async function hear(notice) {
  /** @type {Notice[]} */
  const told = (await recall("told").catch(() => null)) ?? [];
  const under = await worker.registration.getNotifications({ tag: notice.tag });
  const lying = under.map(({ data }) => /** @type {Notice} */ (data)).filter((data) => data?.id);
  const { show, fresh, loud } = decide(notice, lying, told);
  const seen = fresh && show === notice && notice.kind === "alert" && (await isOnScreen(notice));
  if (!seen) await showNotice(show, loud);
  else if (lying.length || (await isStrict())) await showNotice(show, false);
  if (fresh) await keep("told", remember(told, notice, Date.now())).catch(() => {}); // no room: it is a help only
}

/** @param {Notice} notice @param {boolean} loud */
function showNotice(notice, loud) {
  const { title, body, lang, dir, tag, level, published_ms } = notice;
  return show(title, {
    body,
    lang,
    dir,
    tag,
    renotify: loud,
    silent: !loud,
    requireInteraction: loud && level === "flash",
    timestamp: published_ms,
    data: notice,
  });
}

async function showNeutral() {
  /** @type {Mine|null} */
  const mine = await recall("mine").catch(() => null);
  const { title, ...said } = mine?.neutral ?? {
    title: worker.location.hostname,
    body: "There is news.",
    lang: "en",
    dir: "ltr",
  };
  await show(title, { ...said, tag: "ticker", silent: true });
}

/**
 * @param {string} title
 * @param {NotificationOptions & {renotify?: boolean, timestamp?: number}} options The last two are
 *   not in every browser, and in no type yet.
 */
function show(title, options) {
  const icons = { icon: `${server}/push/icon.png`, badge: `${server}/push/badge.png` };
  return worker.registration.showNotification(title, { ...icons, ...options });
}

/**
 * Whether a page that the reader looks at shows the item, in this version or a later one.
 *
 * Only then may a push go unseen: Chromium's PushMessagingNotificationManager asks for no
 * notification while a tab of the site is visible, and Firefox takes nothing off a site's quota.
 *
 * @param {Notice} notice
 */
async function isOnScreen({ id, version }) {
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const asked = windows
    .filter(({ visibilityState }) => visibilityState === "visible")
    .map((page) => ask(page, { ticker: "shows", id, version }));
  return (await Promise.all(asked)).includes(true);
}

/** @param {WindowClient} page @param {unknown} question @returns {Promise<boolean>} */
function ask(page, question) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const timer = setTimeout(answer, PAGE_MS, false);
    /** @param {boolean} said */
    function answer(said) {
      clearTimeout(timer);
      port1.close();
      resolve(said);
    }
    port1.onmessage = ({ data }) => answer(data === true);
    page.postMessage(question, [port2]);
  });
}

/**
 * Apple's push service knows no such exception: after three messages for which nothing was shown
 * the subscription is gone, page or no page (webkit.org/blog/12945/meet-web-push).
 */
async function isStrict() {
  const subscription = await worker.registration.pushManager.getSubscription();
  return !!subscription && new URL(subscription.endpoint).hostname.endsWith(".push.apple.com");
}

worker.addEventListener("notificationclick", (event) => {
  const { notification } = event;
  const notice = /** @type {Notice|null} */ (notification.data);
  if (!own && !notice?.id) return; // the other site's own notification
  notification.close();
  event.waitUntil(open(notice));
});

/** Show the item: in the page that has it already, else in a new one. @param {Notice|null} notice */
async function open(notice) {
  const page = notice ? `/item/${encodeURIComponent(notice.id)}` : "/";
  const url = own ? new URL(page, worker.location.origin).href : webAddress(notice?.url) || `${server}${page}`;
  const windows = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((window) => window.url.split(/[?#]/)[0] === url);
  return there ? there.focus() : worker.clients.openWindow(url);
}

/** @param {string|undefined} url */
function webAddress(url) {
  return url && /^https?:\/\//.test(url) ? url : "";
}

worker.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(/** @type {PushSubscriptionChangeEvent} */ (event)));
});

/**
 * The browser's push service has given the subscription another address, or taken it away. What
 * fails here the next visit to the site mends.
 *
 * @param {PushSubscriptionChangeEvent} event
 */
async function renew({ newSubscription, oldSubscription }) {
  /** @type {Mine|null} */
  const mine = await recall("mine");
  if (!mine) return;
  const subscription = newSubscription ?? (await subscribe(oldSubscription));
  const answer = await register(server, subscription, mine.interests, mine.endpoint);
  if (answer.ok) await keep("mine", { ...mine, endpoint: subscription.endpoint, at: Date.now() });
}

/** @param {PushSubscription|null} before */
async function subscribe(before) {
  const answer = await fetch(`${server}/v1/push/key`);
  const { key } = answer.ok ? await answer.json() : { key: null };
  const applicationServerKey = key ? bytes(key) : before?.options.applicationServerKey;
  return worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}
