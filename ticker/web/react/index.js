"use client";
/**
 * `<NewsTicker>` for React 18 and 19: `import { NewsTicker } from "news-ticker/react"`.
 *
 * On a server it renders the element with the items of `initialHtml`, if there are any. In the browser it loads
 * the widget, which takes them over: React does not look into the element.
 *
 * @import { HTMLAttributes } from "react"
 * @import { Item, Status } from "../client/index.js"
 * @import { NewsTicker as NewsTickerElement } from "../widget/index.js"
 * @import { ItemEvent, Options } from "../frameworks/options.js"
 *
 * @typedef {object} Callbacks
 * @property {((event: ItemEvent) => void)|undefined} [onItem] An item changed.
 * @property {((item: Item) => void)|undefined} [onCorrection] An item was corrected.
 * @property {((item: Item) => void)|undefined} [onRetraction] An item was retracted; it has no text.
 * @property {((item: Item) => void)|undefined} [onOpen] The reader opened an item.
 * @property {((status: Status) => void)|undefined} [onStatus] The connection changed.
 *
 * @typedef {Options & Callbacks & {initialHtml?: string|undefined}
 *   & Omit<HTMLAttributes<NewsTickerElement>, keyof Options|keyof Callbacks|"children"|"dangerouslySetInnerHTML">
 * } NewsTickerProps `initialHtml` comes from `fetchInitialHtml`; only its first value counts.
 */

import { createElement, forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import { define, listen } from "../frameworks/element.js";
import { ATTRIBUTES, attributesOf } from "../frameworks/options.js";

/** Properties that are not attributes as they are. */
const OWN = new Set([
  ...Object.keys(ATTRIBUTES),
  ...["initialHtml", "className", "onItem", "onCorrection", "onRetraction", "onOpen", "onStatus"],
]);
const CALLBACKS = /** @type {const} */ ({
  item: "onItem",
  correction: "onCorrection",
  retraction: "onRetraction",
  open: "onOpen",
  status: "onStatus",
});

/** The element as a component. Its ref is the element. */
export const NewsTicker = forwardRef(
  /** @param {NewsTickerProps} props @param {import("react").ForwardedRef<NewsTickerElement>} ref */
  function NewsTicker(props, ref) {
    const [html] = useState(props.initialHtml);
    const node = useRef(/** @type {NewsTickerElement|null} */ (null));
    const latest = useRef(props);
    useEffect(() => {
      latest.current = props;
    });
    useEffect(() => {
      define();
      return listen(/** @type {NewsTickerElement} */ (node.current), (name, value) => {
        const callback = /** @type {((value: unknown) => void)|undefined} */ (latest.current[CALLBACKS[name]]);
        callback?.(value);
      });
    }, []);
    useImperativeHandle(ref, () => /** @type {NewsTickerElement} */ (node.current), []);
    const others = Object.entries(props).filter(([name]) => !OWN.has(name));
    return createElement("news-ticker", {
      ...Object.fromEntries(others),
      ...attributesOf({ ...props }),
      class: props.className, // React 18 has no className for custom elements
      ref: node,
      suppressHydrationWarning: true, // the widget may have taken the items over already
      dangerouslySetInnerHTML: html ? { __html: html } : undefined,
    });
  },
);
