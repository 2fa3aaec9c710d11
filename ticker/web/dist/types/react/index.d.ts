/** The element as a component. Its ref is the element. */
export const NewsTicker: import("react").ForwardRefExoticComponent<Options & Callbacks & {
    initialHtml?: string | undefined;
} & Omit<HTMLAttributes<NewsTickerElement>, keyof Options | keyof Callbacks | "children" | "dangerouslySetInnerHTML"> & import("react").RefAttributes<NewsTickerElement>>;
/**
 * `<NewsTicker>` for React 18 and 19: `import { NewsTicker } from "news-ticker/react"`.
 *
 * On a server it renders the element with the items of `initialHtml`, if there are any. In the browser it loads
 * the widget, which takes them over: React does not look into the element.
 */
export type Callbacks = {
    /**
     * An item changed.
     */
    onItem?: ((event: ItemEvent) => void) | undefined;
    /**
     * An item was corrected.
     */
    onCorrection?: ((item: Item) => void) | undefined;
    /**
     * An item was retracted; it has no text.
     */
    onRetraction?: ((item: Item) => void) | undefined;
    /**
     * The reader opened an item.
     */
    onOpen?: ((item: Item) => void) | undefined;
    /**
     * The connection changed.
     */
    onStatus?: ((status: Status) => void) | undefined;
};
/**
 * `initialHtml` comes from `fetchInitialHtml`; only its first value counts.
 */
export type NewsTickerProps = Options & Callbacks & {
    initialHtml?: string | undefined;
} & Omit<HTMLAttributes<NewsTickerElement>, keyof Options | keyof Callbacks | "children" | "dangerouslySetInnerHTML">;
import type { Options } from "../frameworks/options.js";
import type { NewsTicker as NewsTickerElement } from "../widget/index.js";
import type { HTMLAttributes } from "react";
import type { ItemEvent } from "../frameworks/options.js";
import type { Item } from "../client/index.js";
import type { Status } from "../client/index.js";
