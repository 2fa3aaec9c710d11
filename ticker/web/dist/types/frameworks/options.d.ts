/**
 * Return the attributes of an element with these options. An option without a value has no attribute. Other
 * properties are ignored.
 *
 * @param {Readonly<Record<string, unknown>>} options
 * @returns {Record<string, string>}
 */
export function attributesOf(options: Readonly<Record<string, unknown>>): Record<string, string>;
export namespace ATTRIBUTES {
    let server: "server";
    let edition: "edition";
    let section: "section";
    let region: "region";
    let tag: "tag";
    let story: "story";
    let level: "level";
    let layout: "layout";
    let count: "count";
    let theme: "theme";
    let breaking: "breaking";
    let skip: "skip";
    let dismissible: "dismissible";
    let itemHref: "item-href";
    let timeZone: "time-zone";
    let lang: "lang";
}
/**
 * The options of the element as a framework's properties, and the attributes that they become.
 *
 * Nothing here needs a browser: servers that render pages import it too.
 */
export type Layout = "bar" | "list" | "toast" | "crawl" | "screen";
/**
 * One value or several; a string may separate them with commas.
 */
export type Values = string | readonly string[];
/**
 * docs/guide/embed.md explains them and has their defaults.
 */
export type Options = {
    /**
     * Address of the newsroom, such as `https://news.example`.
     */
    server: string;
    edition?: Values | undefined;
    section?: Values | undefined;
    region?: Values | undefined;
    tag?: Values | undefined;
    story?: Values | undefined;
    /**
     * The lowest level.
     */
    level?: Level | undefined;
    layout?: Layout | undefined;
    /**
     * Maximum number of items.
     */
    count?: number | undefined;
    theme?: "light" | "dark" | "auto" | undefined;
    /**
     * Lowest level and largest age of breaking news, such as `urgent 20m`.
     */
    breaking?: string | undefined;
    /**
     * Ids of items that the page shows elsewhere.
     */
    skip?: Values | undefined;
    dismissible?: boolean | undefined;
    /**
     * Address that items link to, with `{id}`.
     */
    itemHref?: string | undefined;
    /**
     * Zone of a screen's clock.
     */
    timeZone?: string | undefined;
    /**
     * Language of the controls.
     */
    lang?: string | undefined;
};
/**
 * The options of the element as a framework's properties, and the attributes that they become.
 *
 * Nothing here needs a browser: servers that render pages import it too.
 */
export type ItemEvent = {
    action: "publish" | "update" | "correct" | "retract" | "expire" | "pin" | "unpin";
    /**
     * A retracted or expired item has no text.
     */
    item: Item;
};
import type { Level } from "../client/index.js";
import type { Item } from "../client/index.js";
