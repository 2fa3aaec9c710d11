/** The feeds from which the drafts of the wire desk come: their states, and their settings. */

import { call } from "./api.js";
import { ask, showTimes, tell, toast } from "./dialogs.js";
import { refusal } from "./refusals.js";
import { exchange, keeping } from "./rows.js";
import { button, fillIn, h, one, time } from "./view.js";
import { settings, words } from "./words.js";

/** @typedef {() => Promise<void>} Reload Shows the wire desk again after a change. */

const feeds = one("[data-feeds]");

/** @param {Reload} reload @returns {(found: any[]) => void} Shows the feeds. */
export function feedList(reload) {
  const rowsOf = keeping((feed) => feedRow(feed, reload));
  return (found) => {
    exchange(feeds, found.length ? rowsOf(found) : [h("li.none", {}, words("noFeeds"))]);
    showTimes(feeds);
  };
}

/** @param {any} feed @param {Reload} reload */
function feedRow(feed, reload) {
  const state = words(`feed.${feed.status}`);
  return h(
    `li.feed.${feed.status}`,
    { "data-id": feed.name },
    h("p.feed-name", {}, h("span.dot", { "aria-hidden": "true" }), h("b", { dir: "ltr" }, feed.name), h("span.state", {}, state)),
    h(
      "p.meta",
      {},
      h("span", { dir: "ltr" }, feed.host),
      feed.desk && h("span.chip", { dir: "auto" }, feed.desk),
      feed.read_at && h("span", {}, `${words("readAt")} `, time(feed.read_at)),
    ),
    feed.error && h("p.feed-error", { dir: "auto" }, feed.error_said ? refusal(feed.error_said) : feed.error),
    feed.refusal_said && h("p.feed-refused", {}, `${words("feedRefused", { n: feed.refused })} `, h("bdi", {}, refusal(feed.refusal_said))),
    h(
      "p.feed-acts",
      {},
      button(words("checkNow"), () => checkNow(feed.name), ".act"),
      settings.mayOperate && button(words("change"), () => changeFeed(feed, reload), ".act"),
      settings.mayOperate && button(words("remove"), () => removeFeed(feed.name, reload), ".act.danger"),
    ),
  );
}

/** @param {string} name */
async function checkNow(name) {
  try {
    await call("POST", `/v1/wires/${name}/check`, {});
    toast(words("checking", { name }));
  } catch (error) {
    tell(error);
  }
}

/** @param {string} name @param {Reload} reload */
async function removeFeed(name, reload) {
  const done = await ask({
    title: words("removeFeed", { name }),
    text: words("removeFeedText"),
    ok: words("remove"),
    alert: true,
    act: () => call("DELETE", `/v1/wires/${name}`),
  });
  if (done) await reload();
}

/** @param {HTMLFormElement} form @returns {Record<string, string>} */
const entered = (form) =>
  Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));

/** @param {HTMLFormElement} form @param {any} feed Null: a new one. */
function prepareFeed(form, feed) {
  const title = words(feed ? "changeFeed" : "addFeed", { name: feed?.name });
  one("#feed-title").textContent = title;
  one("#feed [type=submit]").textContent = feed ? words("save") : title;
  /** @type {HTMLInputElement} */ (form.elements.namedItem("name")).readOnly = feed !== null;
  const authorization = /** @type {HTMLInputElement} */ (form.elements.namedItem("authorization"));
  authorization.placeholder = feed?.authorization ? words("asBefore") : "Basic …";
  if (!feed) return;
  const values = { ...feed, section: feed.sections[0] };
  for (const name of ["name", "desk", "url", "edition", "section", "source", "every"])
    /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = values[name] ?? "";
}

/** @param {Reload} reload */
export async function addFeed(reload) {
  const done = await fillIn(
    "feed",
    (form) => {
      const { section, every, ...given } = Object.fromEntries(Object.entries(entered(form)).filter(([, value]) => value));
      const body = { ...given, ...(section ? { sections: [section] } : {}), ...(every ? { every: Number(every) } : {}) };
      return call("POST", "/v1/wires", body);
    },
    (form) => prepareFeed(form, null),
  );
  if (done) await reload();
}

/** @param {any} feed Change what is another value in the form; what the form does not show stays. @param {Reload} reload */
async function changeFeed(feed, reload) {
  const done = await fillIn(
    "feed",
    async (form) => {
      const { name, section, every, authorization, ...texts } = entered(form);
      const changed = Object.entries(texts).filter(([field, value]) => value !== (feed[field] ?? ""));
      const body = {
        ...Object.fromEntries(changed.map(([field, value]) => [field, field === "url" ? value : value || null])),
        ...(section === (feed.sections[0] ?? "") ? {} : { sections: section ? [section] : [] }),
        ...(every && Number(every) !== feed.every ? { every: Number(every) } : {}),
        ...(authorization ? { authorization } : {}),
      };
      if (Object.keys(body).length) await call("PATCH", `/v1/wires/${name}`, body);
    },
    (form) => prepareFeed(form, feed),
  );
  if (!done) return;
  toast(words("saved"));
  await reload();
}
