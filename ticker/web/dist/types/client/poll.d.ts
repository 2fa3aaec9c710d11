export function poll(base: URL, query: URLSearchParams, receiver: import("./transports.js").Receiver): Socket;
/**
 * The response body, or a problem document.
 */
export type Answer = {
    cursor: string;
    mode: Welcome["mode"];
    reset: boolean;
    reason: string | null;
    more?: boolean;
    page?: string;
    events?: ItemEvent[];
    items?: Snapshot["items"];
    type?: string;
    detail?: string;
};
export type Sub = {
    id: number;
    /**
     * Infinity: all items.
     */
    backlog: number;
    params: URLSearchParams;
    welcomed: boolean;
    /**
     * The next page of its snapshot, if there is one to come.
     */
    page?: string | undefined;
};
import type { Socket } from "./transports.js";
import type { Welcome } from "./state.js";
import type { ItemEvent } from "./state.js";
import type { Snapshot } from "./state.js";
