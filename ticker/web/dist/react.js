/* Ticker 0.1.0, Apache-2.0 */
"use client";

// ticker/web/react/index.js
import { createElement, forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";

// ticker/web/frameworks/element.js
function define() {
  if (customElements.get("news-ticker")) return;
  import("./widget.js").catch((error) => console.warn("<news-ticker> could not be loaded:", error));
}
function listen(node, report) {
  const abort = new AbortController();
  const on = (type, handle) => node.addEventListener(type, (event) => handle(
    /** @type {CustomEvent} */
    event.detail
  ), {
    signal: abort.signal
  });
  on("ticker-item", (detail) => {
    const { action, item } = detail;
    report("item", detail);
    if (action === "correct") report("correction", item);
    if (action === "retract") report("retraction", item);
  });
  on("ticker-open", ({ item }) => report("open", item));
  on("ticker-status", (status2) => report("status", status2));
  const status = node.ticker?.status;
  if (status) report("status", status);
  return () => abort.abort();
}

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

// ticker/web/react/index.js
var OWN = /* @__PURE__ */ new Set([
  ...Object.keys(ATTRIBUTES),
  ...["initialHtml", "className", "onItem", "onCorrection", "onRetraction", "onOpen", "onStatus"]
]);
var CALLBACKS = (
  /** @type {const} */
  {
    item: "onItem",
    correction: "onCorrection",
    retraction: "onRetraction",
    open: "onOpen",
    status: "onStatus"
  }
);
var NewsTicker = forwardRef(
  /** @param {NewsTickerProps} props @param {import("react").ForwardedRef<NewsTickerElement>} ref */
  function NewsTicker2(props, ref) {
    const [html] = useState(props.initialHtml);
    const node = useRef(
      /** @type {NewsTickerElement|null} */
      null
    );
    const latest = useRef(props);
    useEffect(() => {
      latest.current = props;
    });
    useEffect(() => {
      define();
      return listen(
        /** @type {NewsTickerElement} */
        node.current,
        (name, value) => {
          const callback = (
            /** @type {((value: unknown) => void)|undefined} */
            latest.current[CALLBACKS[name]]
          );
          callback?.(value);
        }
      );
    }, []);
    useImperativeHandle(ref, () => (
      /** @type {NewsTickerElement} */
      node.current
    ), []);
    const others = Object.entries(props).filter(([name]) => !OWN.has(name));
    return createElement("news-ticker", {
      ...Object.fromEntries(others),
      ...attributesOf({ ...props }),
      class: props.className,
      // React 18 has no className for custom elements
      ref: node,
      suppressHydrationWarning: true,
      // the widget may have taken the items over already
      dangerouslySetInnerHTML: html ? { __html: html } : void 0
    });
  }
);
export {
  NewsTicker
};
