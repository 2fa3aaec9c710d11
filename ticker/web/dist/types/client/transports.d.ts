/**
 * Callbacks of a transport: each message as an object, then one close. Calls after either side has
 * closed are ignored.
 *
 * @typedef {object} Receiver
 * @property {(message: Message|Page) => void} message Only some connections get pages (`wholeSnapshots`).
 * @property {(code: number, reason: string) => void} close A close code of PROTOCOL.md §7.
 *
 * @typedef {object} Socket An open connection, of any transport.
 * @property {() => void} close Called without a `this`.
 * @property {((message: {type: string, token?: string}) => unknown)|null} send Returns something true if the
 *   transport takes such messages; null if it is one-way.
 * @property {number} [due] For a transport that polls: time by which a visible page expects the next
 *   response, in ms since 1970.
 * @typedef {(base: URL, query: URLSearchParams, receiver: Receiver) => Socket} Transport
 */
/**
 * Open a WebSocket.
 *
 * @param {URL} base @param {URLSearchParams} query @param {Receiver} receiver
 * @param {string|string[]} protocols Offered subprotocols.
 * @returns {Socket}
 */
export function openSocket(base: URL, query: URLSearchParams, receiver: Receiver, protocols: string | string[]): Socket;
/** @type {Transport} */
export const webSocket: Transport;
export function deferred(load: () => Promise<Transport>): Transport;
export const eventSource: Transport;
export const poll: Transport;
/**
 * Callbacks of a transport: each message as an object, then one close. Calls after either side has
 * closed are ignored.
 */
export type Receiver = {
    /**
     * Only some connections get pages (`wholeSnapshots`).
     */
    message: (message: Message | Page) => void;
    /**
     * A close code of PROTOCOL.md §7.
     */
    close: (code: number, reason: string) => void;
};
/**
 * An open connection, of any transport.
 */
export type Socket = {
    /**
     * Called without a `this`.
     */
    close: () => void;
    /**
     * Returns something true if the
     * transport takes such messages; null if it is one-way.
     */
    send: ((message: {
        type: string;
        token?: string;
    }) => unknown) | null;
    /**
     * For a transport that polls: time by which a visible page expects the next
     * response, in ms since 1970.
     */
    due?: number | undefined;
};
/**
 * Callbacks of a transport: each message as an object, then one close. Calls after either side has
 * closed are ignored.
 */
export type Transport = (base: URL, query: URLSearchParams, receiver: Receiver) => Socket;
import type { Message } from "./state.js";
import type { Page } from "./state.js";
