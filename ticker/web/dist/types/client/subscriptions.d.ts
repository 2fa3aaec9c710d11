declare const Subscriptions_base: new () => SubscriptionsEvents;
/**
 * Events: `change` after every change of the items of a subscription, `status` after every change of its status;
 * `detail.name` is the subscription's name. If the server refuses one, only that one stops.
 * More than 16 subscriptions, or very long ones, get connections of their own; so does one that begins on an event
 * stream beside one without a backlog. `cursor` stays where it is meanwhile.
 */
export class Subscriptions extends Subscriptions_base {
    /** @param {SubscriptionsOptions} [options] */
    constructor({ url, after, token, transports }?: SubscriptionsOptions);
    /** The names of the subscriptions. */
    get names(): string[];
    /** The position up to which the items of all subscriptions are complete. Store it, and pass it as `after`. */
    get cursor(): string | null;
    /**
     * Begin a subscription, with a snapshot. The others go on undisturbed. Throws an Error for a name that is in
     * use, and a TypeError for a misspelt facet.
     *
     * @param {string} name @param {Filter & {backlog?: number|"all"}} [filter]
     */
    subscribe(name: string, { backlog, ...filter }?: Filter & {
        backlog?: number | "all";
    }): void;
    /** End a subscription. A name that is not in use changes nothing. @param {string} name */
    unsubscribe(name: string): void;
    /** The items of a subscription to show now, in display order. @param {string} name @returns {readonly Item[]} */
    items(name: string): readonly Item[];
    /** Connect, and stay connected until `stop`. Does nothing if already started. */
    start(): void;
    /** Disconnect. The items and the cursor stay: `start` resumes. */
    stop(): void;
    #private;
}
/**
 * Several subscriptions on one connection, with one cursor (PROTOCOL.md §6).
 *
 *     const subscriptions = new Subscriptions();
 *     subscriptions.subscribe("politics", { section: "politics" });
 *     subscriptions.subscribe("abroad", { exclude: { region: "europe" } });
 *     subscriptions.addEventListener("change", ({ detail }) => show(detail.name, subscriptions.items(detail.name)));
 *     subscriptions.start();
 */
export type SubscriptionsOptions = Pick<BasicOptions, "url" | "transports"> & ReaderOptions;
/**
 * Several subscriptions on one connection, with one cursor (PROTOCOL.md §6).
 *
 *     const subscriptions = new Subscriptions();
 *     subscriptions.subscribe("politics", { section: "politics" });
 *     subscriptions.subscribe("abroad", { exclude: { region: "europe" } });
 *     subscriptions.addEventListener("change", ({ detail }) => show(detail.name, subscriptions.items(detail.name)));
 *     subscriptions.start();
 */
export type SubscriptionsEvents = EventTarget & {
    addEventListener(type: "change", listener: (event: CustomEvent<Change & {
        name: string;
    }>) => void, options?: boolean | AddEventListenerOptions): void;
    addEventListener(type: "status", listener: (event: CustomEvent<SubscriptionStatus>) => void, options?: boolean | AddEventListenerOptions): void;
    removeEventListener(type: "change", listener: (event: CustomEvent<Change & {
        name: string;
    }>) => void, options?: boolean | EventListenerOptions): void;
    removeEventListener(type: "status", listener: (event: CustomEvent<SubscriptionStatus>) => void, options?: boolean | EventListenerOptions): void;
};
/**
 * Several subscriptions on one connection, with one cursor (PROTOCOL.md §6).
 *
 *     const subscriptions = new Subscriptions();
 *     subscriptions.subscribe("politics", { section: "politics" });
 *     subscriptions.subscribe("abroad", { exclude: { region: "europe" } });
 *     subscriptions.addEventListener("change", ({ detail }) => show(detail.name, subscriptions.items(detail.name)));
 *     subscriptions.start();
 */
export type SubscriptionStatus = Pick<Status, "phase" | "error"> & {
    name: string;
};
import type { Filter } from "./filters.js";
import type { Item } from "./state.js";
import type { BasicOptions } from "./ticker.js";
import type { ReaderOptions } from "./reader.js";
import type { Change } from "./ticker.js";
import type { Status } from "./ticker.js";
export {};
