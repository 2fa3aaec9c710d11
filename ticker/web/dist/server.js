/* Ticker 0.1.0, Apache-2.0 */

// ticker/web/frameworks/options.js
var ATTRIBUTES = (
  /** @type {const} */
  {
    server: "server",
    edition: "edition",
    section: "section",
    region: "region",
    tag: "tag",
    story: "story",
    level: "level",
    layout: "layout",
    count: "count",
    theme: "theme",
    breaking: "breaking",
    skip: "skip",
    dismissible: "dismissible",
    itemHref: "item-href",
    timeZone: "time-zone",
    lang: "lang"
  }
);
function attributesOf(options) {
  const attributes = {};
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const value = options[name];
    if (value === true) attributes[attribute] = "";
    else if (value || value === 0) attributes[attribute] = String(value);
  }
  return attributes;
}

// ticker/web/server/index.js
var TIMEOUT_MS = 2e3;
var MAX_LENGTH = 1e6;
var PARAMETERS = /* @__PURE__ */ new Set([
  ...["edition", "section", "region", "tag", "story", "level"],
  ...["layout", "count", "breaking", "item-href", "lang"]
]);
async function fetchInitialHtml(options, { from = options.server, timeoutMs, fetch } = {}) {
  try {
    const address = new URL("v1/embed", `${from}`.replace(/\/?$/, "/"));
    for (const [name, value] of Object.entries(attributesOf({ ...options }))) {
      if (PARAMETERS.has(name)) address.searchParams.set(name, value);
    }
    address.searchParams.set("script", "no");
    const signal = AbortSignal.timeout(timeoutMs ?? TIMEOUT_MS);
    const answer = await (fetch ?? globalThis.fetch)(address, { signal });
    const text = answer.ok ? await answer.text() : "";
    if (text.length > MAX_LENGTH) return "";
    return /^\s*<news-ticker[^>]*>([^]*)<\/news-ticker>\s*$/.exec(text)?.[1] ?? "";
  } catch {
    return "";
  }
}
export {
  fetchInitialHtml
};
