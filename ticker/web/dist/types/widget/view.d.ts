/**
 * @typedef {object} Actions Handlers of the controls.
 * @property {(by: number) => void} step
 * @property {() => void} pause Pause or resume.
 * @property {() => void} dismiss
 */
export class View {
    /**
     * @param {Settings} settings
     * @param {Actions} actions
     */
    constructor(settings: Settings, { step, pause, dismiss }: Actions);
    list: HTMLOListElement;
    root: HTMLElement;
    /** Ids of the items, in display order. */
    get ids(): string[];
    /**
     * Show exactly `items`, in that order.
     *
     * @param {readonly Item[]} items
     * @param {ReadonlySet<string>} newIds Items to highlight.
     * @param {number} waiting Number of new items hidden while paused.
     * @param {string} emptyText Shown if there are no items.
     */
    show(items: readonly Item[], newIds: ReadonlySet<string>, waiting: number, emptyText: string): void;
    /**
     * Make one item the current one: the only visible and reachable item of the bar. Returns its id.
     *
     * @param {number} index
     */
    select(index: number): string;
    /** @param {boolean} paused */
    setPaused(paused: boolean): void;
    /** @param {string} status @param {string} text */
    setStatus(status: string, text: string): void;
    #private;
}
/**
 * Handlers of the controls.
 */
export type Actions = {
    step: (by: number) => void;
    /**
     * Pause or resume.
     */
    pause: () => void;
    dismiss: () => void;
};
import type { Item } from "../client/index.js";
import type { Settings } from "./controller.js";
