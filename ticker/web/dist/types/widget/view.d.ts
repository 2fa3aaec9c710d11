/**
 * @typedef {object} Acts What the reader may do.
 * @property {(by: number) => void} step
 * @property {() => void} pause Or go on.
 * @property {() => void} dismiss
 */
export class View {
    /**
     * @param {Wanted} wanted
     * @param {Acts} acts
     */
    constructor(wanted: Wanted, { step, pause, dismiss }: Acts);
    list: HTMLOListElement;
    wanted: Wanted;
    pause: HTMLButtonElement;
    controls: HTMLDivElement;
    fresh: HTMLButtonElement;
    root: HTMLElement;
    /** The ids of the lines, in display order. */
    get ids(): string[];
    /**
     * Show exactly `items`, in that order; those whose id is in `fresh` light up once.
     *
     * @param {readonly Item[]} items
     * @param {ReadonlySet<string>} fresh
     * @param {number} held How many lines wait until the reader goes on.
     * @param {string} quiet What stands where there is no line.
     */
    show(items: readonly Item[], fresh: ReadonlySet<string>, held: number, quiet: string): void;
    /**
     * Bring one line to the front, the only one that can be reached. Returns its id.
     *
     * @param {number} index
     */
    spotlight(index: number): string;
    /** @param {boolean} paused */
    setPaused(paused: boolean): void;
    /** @param {string} state @param {string} text */
    setStatus(state: string, text: string): void;
    #private;
}
/**
 * What the reader may do.
 */
export type Acts = {
    step: (by: number) => void;
    /**
     * Or go on.
     */
    pause: () => void;
    dismiss: () => void;
};
import type { Wanted } from "./screen.js";
import type { Item } from "../client/index.js";
