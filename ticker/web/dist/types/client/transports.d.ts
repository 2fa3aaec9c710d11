export function webSocket(base: URL, query: URLSearchParams, ear: Ear): Link;
export function eventSource(base: URL, query: URLSearchParams, ear: Ear): Link;
export function poll(base: URL, query: URLSearchParams, ear: Ear): Link;
/**
 * What a transport tells of its link: each frame as an object, then one end. It may go on talking
 * after either side has ended: `Connection` listens no more.
 */
export type Ear = {
    message: (message: Message) => void;
    /**
     * A close code, as of PROTOCOL.md §7.
     */
    end: (code: number, reason: string) => void;
};
/**
 * What a transport tells of its link: each frame as an object, then one end. It may go on talking
 * after either side has ended: `Connection` listens no more.
 */
export type Link = {
    /**
     * Called without a `this`.
     */
    close: () => void;
    /**
     * Null if the transport is one-way.
     */
    send: ((message: object) => void) | null;
    /**
     * When a reader who looks wants it to be asked again, if it must be.
     */
    due?: number | undefined;
};
/**
 * What a transport tells of its link: each frame as an object, then one end. It may go on talking
 * after either side has ended: `Connection` listens no more.
 */
export type Transport = (base: URL, query: URLSearchParams, ear: Ear) => Link;
import type { Message } from "./board.js";
