/**
 * @typedef {object} Actions Handlers of the controls.
 * @property {(by: number) => void} step
 * @property {() => void} pause Pause or resume.
 * @property {() => void} dismiss
 * @property {() => void} expand Expand or collapse the current item of the bar.
 */
/**
 * @param {Settings} settings
 * @param {Actions} actions
 */
export function createView(settings: Settings, { step, pause, dismiss, expand }: Actions): {
    root: HTMLElement;
    list: HTMLOListElement;
    setPaused: (paused: boolean) => void;
    setExpanded: (expanded: boolean) => void;
    measure: () => void;
    /** Return the ids of the items, in display order. */
    ids: () => string[];
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
    /** @param {string} state @param {string} said */
    setStatus(state: string, said: string): void;
};
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
    /**
     * Expand or collapse the current item of the bar.
     */
    expand: () => void;
};
import type { Settings } from "./controller.js";
import type { Item } from "../client/index.js";
